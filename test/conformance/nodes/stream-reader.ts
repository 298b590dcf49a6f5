import { defineNode, type NodeContext, type SetupContext, type SubscribeOptions, type Subscription } from "pyros";

interface Reader {
  readonly subscription: Subscription<any>;
  readonly got: { value: any; info: any }[];
  /** Lets the asynchronous callback go on. */
  release?: () => void;
  ended: boolean;
}

export interface Subscribe {
  id: string;
  name: string;
  /** How it reads. `stuck` is a callback whose promise is settled by `release`. */
  how: "callback" | "informed" | "stuck" | "throws" | "iterate" | "operator" | "latest" | "none" | "writes";
  options?: SubscribeOptions;
  /** How many items an iteration takes before it breaks. */
  take?: number;
}

/** What a user would write: every second one, twice. */
async function* twiceEven(source: AsyncIterable<number>): AsyncGenerator<number> {
  for await (const value of source) if (value % 2 === 0) yield value * 2;
}

async function iterate(reader: Reader, take: number): Promise<void> {
  for await (const value of reader.subscription) {
    reader.got.push({ value, info: reader.subscription.info });
    if (reader.got.length === take) break;
  }
  reader.ended = true;
}

async function operate(reader: Reader, take: number): Promise<void> {
  for await (const value of twiceEven(reader.subscription)) {
    reader.got.push({ value, info: undefined });
    if (reader.got.length === take) break;
  }
  reader.ended = true;
}

type Context = NodeContext<any, any, any, any, any, { readers: Map<string, Reader> }>;
const of = ({ local, name }: Context, id: string): Reader => {
  const reader = local.readers.get(id);
  if (reader === undefined) throw new Error(`${name} has no reader ${id}`);
  return reader;
};

/** Reads streams on request, in every way there is. */
export default defineNode({
  setup: (_: SetupContext) => ({ readers: new Map<string, Reader>() }),
  services: {
    subscribe({ id, name, how, options, take = Infinity }: Subscribe, { local, stream }) {
      const subscription = stream<any>(name, options);
      const reader: Reader = { subscription, got: [], ended: false };
      local.readers.set(id, reader);
      const { got } = reader;
      if (how === "callback") subscription.on((value) => void got.push({ value, info: undefined }));
      if (how === "informed") subscription.on((value, info) => void got.push({ value, info }));
      if (how === "throws") {
        subscription.on((value) => {
          got.push({ value, info: undefined });
          throw new Error("a subscriber that throws");
        });
      }
      if (how === "writes") {
        subscription.on((value) => {
          got.push({ value: structuredClone(value), info: undefined });
          value.x = -1;
          value.tags?.push("written");
        });
      }
      if (how === "stuck") {
        subscription.on((value, info) => {
          got.push({ value, info });
          return new Promise<void>((resolve) => (reader.release = resolve));
        });
      }
      if (how === "iterate") void iterate(reader, take);
      if (how === "operator") void operate(reader, take);
    },
    /** Starts to iterate a subscription that was made before. */
    iterate({ id, take = Infinity }: { id: string; take?: number }, context: any) {
      void iterate(of(context, id), take);
    },
    got: (id: string, context: any) => of(context, id).got,
    values: (id: string, context: any) => of(context, id).got.map(({ value }) => value),
    count: (id: string, context: any) => of(context, id).got.length,
    counts: (id: string, context: any) => of(context, id).subscription.counts,
    ended: (id: string, context: any) => of(context, id).ended,
    latest(id: string, context: any) {
      const { subscription } = of(context, id);
      const { latest } = subscription;
      return { latest, age: subscription.age, info: subscription.info };
    },
    release(id: string, context: any) {
      const reader = of(context, id);
      const { release } = reader;
      reader.release = undefined;
      release?.();
      return release !== undefined;
    },
    close(id: string, context: any) {
      of(context, id).subscription.close();
    },
    refused({ name, options }: { name: string; options: any }, { stream }) {
      try {
        stream(name, options).close();
        return undefined;
      } catch (error) {
        return { name: (error as Error).name, message: (error as Error).message };
      }
    },
  },
});
