import { ProtocolError, PyrosError } from "../../src/errors.ts";
import { greet, type Hello, hello, helloProblem, type JoinRequest, receive, requestProblem } from "../../src/peer/hello.ts";
import { Random } from "../../src/time/random.ts";
import { mutate } from "./codec.ts";
import { memoryLink } from "./memory-link.ts";

/** What came of the hellos. */
export interface HelloCounts {
  frames: number;
  /** Let in: the change had not changed what counts. */
  accepted: number;
  /** Refused with a reason, which the other side was told or the link was closed with. */
  refused: number;
  crashed: number;
  hung: number;
  first?: string;
}

const own = hello("graph", 0, "a secret of the graph", "cbor");
const theirs = encode(hello("graph", 7, "a secret of the graph", "cbor"));
const request = encode({ pyros: 1, codec: "cbor", join: "desk", instance: "1", secret: "a secret of the graph" } satisfies JoinRequest);

function encode(what: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(what));
}

/** What the main engine says to somebody who has connected. */
function answer(told: Partial<Hello & JoinRequest> | undefined): object | string {
  return (told?.join === undefined ? helloProblem(told, own) : requestProblem(told, own, false)) ?? own;
}

/** Greets an engine with changed hellos, and asks it to be let in. */
export async function fuzzHellos({ frames, seed }: { frames: number; seed: number }): Promise<HelloCounts> {
  const random = new Random(`hello ${seed}`);
  const next = (below: number): number => Math.floor(random.next() * below);
  const counts: HelloCounts = { frames, accepted: 0, refused: 0, crashed: 0, hung: 0 };
  for (let i = 0; i < frames; i++) {
    const [here, there] = memoryLink();
    const [first, greeted] = i % 3 === 0
      ? [theirs, greet(here, own)] as const
      : [i % 3 === 1 ? theirs : request, receive<Hello & JoinRequest>(here, answer)] as const;
    const parts = mutate([first], first, next);
    const greeting = greeted.then(
      ({ hello: told }) => {
        // Only who knows the secret comes in.
        if (told.secret !== own.secret || (told.graph !== own.graph && !("join" in told))) {
          throw new Error(`let in: ${JSON.stringify(told)}`);
        }
        counts.accepted++;
      },
      (error: unknown) => {
        if (!(error instanceof PyrosError)) throw error;
        if (!(error instanceof ProtocolError)) throw new Error(`refused without a reason: ${error.message}`);
        counts.refused++;
      },
    ).catch((error: Error) => {
      counts.crashed++;
      counts.first ??= String(error.stack);
    });
    there.send(parts);
    if (!(await settles(greeting))) counts.hung++;
    here.destroy();
  }
  return counts;
}

async function settles(promise: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, 2000, false)));
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
