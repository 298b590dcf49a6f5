/** What happens when a thread or process dies, hangs or stands still: real ones, ended by real signals. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { HostError, NodeLostError, NodeStartError } from "pyros";
import { startProcess } from "../../src/host/process-host.ts";
import { kept, Lines, presentRuntimes } from "../host/support.ts";
import { graphOf, rejection, settled, until } from "../conformance/harness.ts";
import { callerOf, chronicle, isGone, mortalOf, nodeOf, onDeno, start } from "./supervised/support.ts";
import { itWhere } from "../setup/where.ts";

const runtimes = await presentRuntimes();
const mortal = (more: object = {}) => ({ use: "./mortal.ts", restart: { delay: 1 }, ...more });
const caller = (more: object = {}) => ({ use: "./caller.ts", ...more });

describe("a process that is killed", () => {
  test("calls that are out settle with NodeLostError within 1 s, from the main engine and from other hosts", async () => {
    const engine = await start({
      placement: "process",
      nodes: {
        "/mortal": mortal(),
        "/caller": caller(),
        "/thread": caller({ placement: "thread" }),
        "/near": caller({ placement: "loop" }),
      },
    });
    const others = ["/caller", "/thread", "/near"];
    const pid = await mortalOf(engine).pid();
    for (const name of others) await callerOf(engine, name).count();
    const out = rejection(mortalOf(engine).stuck(undefined, { timeout: Infinity })).then((error) => ({ error, at: Date.now() }));
    const waits = others.map((name) => callerOf(engine, name).wait(undefined, { timeout: Infinity }));
    expect(await callerOf(engine).pid()).not.toBe(pid); // and by now the calls are out
    await engine.flush();
    const killed = Date.now();
    process.kill(pid, "SIGKILL");
    const { error, at } = await out;
    expect(error).toBeInstanceOf(NodeLostError);
    expect(error).toMatchObject({ node: "/mortal", message: expect.stringContaining("was killed by SIGKILL") });
    expect(at - killed).toBeLessThan(1000);
    for (const wait of waits) {
      const told = await wait;
      expect(told.name).toBe("NodeLostError");
      expect(told.at - killed).toBeLessThan(1000);
    }
  });

  test("its services, streams and subscriptions leave the graph, its params stay, and it comes back", async () => {
    const engine = await start({ placement: "process", nodes: { "/mortal": mortal({ restart: { delay: 300 } }), "/caller": caller() } });
    const before = graphOf(engine);
    const events = chronicle(engine);
    await engine.params.set("/mortal/gain", 5);
    const pid = await mortalOf(engine).pid();
    process.kill(pid, "SIGKILL");
    await until(() => events.includes("restarting"));
    expect(nodeOf(engine)).toMatchObject({ status: "waiting", error: expect.any(HostError) });
    expect(Object.values(graphOf(engine)).flat().filter((entry) => entry.endsWith(" of /mortal"))).toEqual([]);
    expect(await rejection(engine.call("/mortal/pid"))).toMatchObject({ name: "UnknownServiceError" });
    // A service of another engine throws it to its caller.
    expect(await rejection(callerOf(engine).count())).toMatchObject({ remote: { name: "UnknownServiceError" } });
    expect(engine.params.get("/mortal/gain")).toBe(5);
    await until(() => events.includes("started"));
    expect(events).toEqual(["failed", "restarting", "started"]);
    expect(graphOf(engine)).toEqual(before);
    expect(await mortalOf(engine).pid()).not.toBe(pid);
    expect(isGone(pid)).toBe(true);
    expect(await callerOf(engine).count()).toBe(1);
    expect(engine.params.get("/mortal/gain")).toBe(5);
    expect(nodeOf(engine)).toMatchObject({ status: "running", lives: 2 });
  });

  test("what it had sent is counted: sent = delivered + dropped + waiting, for every subscriber", async () => {
    const engine = await start({
      placement: "process",
      nodes: { "/mortal": mortal(), "/caller": caller(), "/thread": caller({ placement: "thread" }) },
    });
    const mine = engine.stream<number>("/mortal/beat", { depth: 10 });
    for (let life = 1; life <= 3; life++) {
      const pid = await mortalOf(engine).pid();
      await mortalOf(engine).emit(500);
      await engine.flush();
      const emit = settled([mortalOf(engine).emit(50_000)]);
      process.kill(pid, "SIGKILL");
      await emit;
      await until(() => nodeOf(engine).status === "running" && nodeOf(engine).lives === life + 1);
      await engine.flush();
      const accounts = [mine.counts, await callerOf(engine).counts(), await callerOf(engine, "/thread").counts()];
      for (const { sent, delivered, dropped, waiting } of accounts) {
        expect(sent).toBeGreaterThanOrEqual(500 * life);
        expect(delivered + Object.values(dropped).reduce((sum, n) => sum + n, 0) + waiting).toBe(sent);
      }
    }
  });

  test("a kill during a stop is the end of the stop, not of the node's rest", async () => {
    const engine = await start({ placement: "process", nodes: { "/mortal": mortal() } });
    const events = chronicle(engine);
    const pid = await mortalOf(engine).pid();
    const call = settled([mortalOf(engine).stuck(undefined, { timeout: Infinity })]);
    await engine.flush();
    const stopping = engine.stopNode("/mortal"); // waits for the call
    await engine.flush();
    process.kill(pid, "SIGKILL");
    await stopping;
    expect((await call)[0]).toMatchObject({ error: { name: "NodeLostError" } });
    await until(() => isGone(pid));
    await new Promise((resolve) => setTimeout(resolve, 100)); // longer than the delay of a restart
    expect(nodeOf(engine).status).toBe("stopped");
    expect(events).not.toContain("restarting");
    await engine.startNode("/mortal");
    expect(await mortalOf(engine).count()).toBe(1);
  });
});

describe.each(["process", "thread"] as const)("a %s that dies by itself", (placement) => {
  test.each(
    [
      ["exit", /exited with code 3/],
      ["throw", placement === "thread" ? /failed with RangeError: thrown/ : /exited with code 1|has closed its link/],
      ["reject", placement === "thread" ? /failed with TypeError: rejected/ : /exited with code 1|has closed its link/],
    ] as const,
  )("is restarted: %s", async (how, reason) => {
    const engine = await start({ placement, nodes: { "/mortal": mortal(), "/caller": caller() } });
    const events = chronicle(engine);
    const errors: unknown[] = [];
    engine.watchGraph(({ type, error }) => void (type === "failed" && errors.push(error)));
    const out = settled([mortalOf(engine).stuck(undefined, { timeout: Infinity })]);
    await mortalOf(engine).die(how);
    expect((await out)[0]).toMatchObject({ error: { name: "NodeLostError", message: expect.stringMatching(reason) } });
    await until(() => events.includes("started"));
    expect(events).toEqual(["failed", "restarting", "started"]);
    expect(errors).toEqual([expect.objectContaining({ name: "HostError", message: expect.stringMatching(reason) })]);
    expect(await mortalOf(engine).count()).toBe(1);
    expect(await callerOf(engine).count()).toBe(2);
  });

  test.each([["on-failure", "stopped"], ["never", "stopped"], ["always", "running"]] as const)(
    "with an exit code of 0: restart %s leaves it %s",
    async (mode, status) => {
      const engine = await start({ placement, nodes: { "/mortal": mortal({ restart: { mode, delay: 1 } }) } });
      const events = chronicle(engine);
      const out = settled([mortalOf(engine).stuck(undefined, { timeout: Infinity })]);
      await mortalOf(engine).die("exit0");
      expect((await out)[0]).toMatchObject({ error: { name: "NodeLostError", message: expect.stringContaining("exited with code 0") } });
      await until(() => events.includes(mode === "always" ? "started" : "stopped"));
      expect(nodeOf(engine).status).toBe(status);
      expect(events).toEqual(mode === "always" ? ["failed", "restarting", "started"] : ["stopped"]);
      await engine.startNode("/mortal");
      expect(await mortalOf(engine).count()).toBe(1);
    },
  );

  test("a start that its thread or process does not survive fails with one clear error, and can be tried again", async () => {
    const engine = await start({ placement, nodes: { "/mortal": mortal() } });
    await engine.stopNode("/mortal");
    await engine.params.set("/mortal/birth", "exit");
    const events = chronicle(engine);
    const error = await rejection(engine.startNode("/mortal"));
    expect(error).toBeInstanceOf(NodeStartError);
    expect(error.message).toMatch(/\/mortal did not start: .*exited with code 7/);
    expect(nodeOf(engine)).toMatchObject({ status: "failed" });
    expect(events).toEqual(["failed"]);
    await engine.params.set("/mortal/birth", "easy");
    await engine.startNode("/mortal");
    expect(await mortalOf(engine).count()).toBe(1);
  });

  test("one that keeps dying backs off and is given up with one clear error", async () => {
    const engine = await start({ placement, nodes: { "/mortal": mortal({ restart: { delay: 10, limit: 3, window: 60_000 } }) } });
    const events: { type: string; delay?: number; error?: any }[] = [];
    engine.watchGraph((event) => void events.push(event as never));
    await engine.params.set("/mortal/birth", "exit");
    await mortalOf(engine).die("throw");
    await until(() => events.at(-1)?.type === "given-up", 30_000);
    expect(events.filter(({ delay }) => delay !== undefined).map(({ delay }) => delay)).toEqual([10, 20, 40]);
    expect(events.filter(({ type }) => type === "given-up")).toHaveLength(1);
    expect(events.at(-1)?.error.message).toMatch(/\/mortal .*exited with code 7/);
    expect(nodeOf(engine)).toMatchObject({ status: "failed", error: { message: expect.stringMatching(/exited with code 7/) } });
    await engine.params.set("/mortal/birth", "easy");
    await engine.startNode("/mortal");
    expect(nodeOf(engine).status).toBe("running");
  }, 90_000);

  test("the nodes of one host die together, and each comes back by its own policy", async () => {
    const engine = await start({
      hosts: { both: { placement, nodes: ["/mortal", "/other"] } },
      nodes: { "/mortal": mortal(), "/other": mortal({ restart: "never" }), "/caller": caller() },
    });
    const [one, other] = [chronicle(engine), chronicle(engine, "/other")];
    await mortalOf(engine, "/other").die("exit");
    await until(() => one.includes("started"));
    expect(one).toEqual(["failed", "restarting", "started"]);
    expect(other).toEqual(["failed", "given-up"]);
    expect(nodeOf(engine, "/other").status).toBe("failed");
    expect(await callerOf(engine).count()).toBe(1);
    await engine.startNode("/other");
    expect(await mortalOf(engine, "/other").count()).toBe(1);
  });
});

test("a process that runs out of memory says so, and comes back", async () => {
  const variable = onDeno ? "DENO_V8_FLAGS" : "NODE_OPTIONS"; // children inherit it, threads and this process do not look
  const before = process.env[variable];
  onTestFinished(() => {
    if (before === undefined) delete process.env[variable];
    else process.env[variable] = before;
  });
  process.env[variable] = "--max-old-space-size=64";
  const engine = await start({ placement: "process", nodes: { "/mortal": mortal() } });
  const events = chronicle(engine);
  const out = rejection(mortalOf(engine).stuck(undefined, { timeout: Infinity }));
  await mortalOf(engine).die("memory");
  expect(await out).toMatchObject({ name: "NodeLostError", message: expect.stringContaining("ran out of memory") });
  await until(() => events.includes("started"));
  expect(await mortalOf(engine).count()).toBe(1);
});

test("the title of a process is its node's name, or its host's, and its lines come with that in front", async () => {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const { write } = stream;
    onTestFinished(() => void (stream.write = write));
    stream.write = ((text: string) => (lines.push(`${stream === process.stdout ? "out" : "err"} ${text}`), true)) as never;
  }
  const engine = await start({
    placement: "process",
    hosts: { pair: { placement: "process", nodes: ["/mortal", "/other"] } },
    nodes: { "/mortal": mortal(), "/other": mortal(), "/alone": mortal(), "/thread": mortal({ placement: "thread" }) },
  });
  const titles = () => Promise.all(["/mortal", "/other", "/alone"].map((name) => mortalOf(engine, name).title()));
  await vi.waitFor(async () => expect(await titles()).toEqual(["pair", "pair", "/alone"]), { timeout: 10_000 }); // on Deno it comes late
  await mortalOf(engine, "/other").say("hello");
  await mortalOf(engine, "/alone").say("hi");
  await mortalOf(engine, "/thread").say("ho");
  const expected = ["out pair: hello\n", "err pair: hello!\n", "out /alone: hi\n", "err /alone: hi!\n"];
  // Deno writes what a thread writes to the outputs of the process itself.
  if (!onDeno) expected.push("out /thread: ho\n", "err /thread: ho!\n");
  await until(() => expected.every((line) => lines.includes(line)));
});

describe("a host that does not answer", () => {
  const interval = 100;

  test.each(["process", ...(onDeno ? [] : ["thread" as const])] as const)(
    "an endless loop in a %s is noticed, and the node comes back",
    async (placement) => {
      const engine = await start({
        placement,
        heartbeat: interval,
        nodes: { "/mortal": mortal(), "/caller": caller({ placement: "loop" }) },
      });
      const events = chronicle(engine);
      const waiting = callerOf(engine).wait(undefined, { timeout: Infinity });
      await mortalOf(engine).die("loop");
      expect(await waiting).toMatchObject({
        name: "NodeLostError",
        message: expect.stringContaining("did not answer for 0.5 s, and was ended"),
      });
      await until(() => events.includes("started"));
      expect(events).toEqual(["failed", "restarting", "started"]);
      expect(await mortalOf(engine).count()).toBe(1);
    },
  );

  test("a process that was stopped is dead before it is replaced, and SIGCONT brings none back", async () => {
    const engine = await start({ placement: "process", heartbeat: interval, nodes: { "/mortal": mortal(), "/caller": caller() } });
    const events = chronicle(engine);
    const pid = await mortalOf(engine).pid();
    await callerOf(engine).count();
    const waiting = callerOf(engine).wait(undefined, { timeout: Infinity });
    const gone: boolean[] = [];
    engine.watchGraph(({ type }) => void (type === "restarting" && gone.push(isGone(pid))));
    process.kill(pid, "SIGSTOP");
    expect(await waiting).toMatchObject({ name: "NodeLostError" });
    await until(() => events.includes("started"));
    expect(gone).toEqual([true]);
    expect(() => process.kill(pid, "SIGCONT")).toThrow(/ESRCH/);
    expect(await mortalOf(engine).pid()).not.toBe(pid);
    expect(await callerOf(engine).count()).toBe(1);
    expect(engine.services.filter(({ name }) => name === "/mortal/pid")).toHaveLength(1);
  });

  test("a process that stands still for a shorter while goes on, and nothing is lost", async () => {
    const engine = await start({ placement: "process", heartbeat: 400, nodes: { "/mortal": mortal() } });
    const events = chronicle(engine);
    const pid = await mortalOf(engine).pid();
    process.kill(pid, "SIGSTOP");
    const calls = Array.from({ length: 20 }, () => mortalOf(engine).count());
    await new Promise((resolve) => setTimeout(resolve, 800));
    process.kill(pid, "SIGCONT");
    expect(await Promise.all(calls)).toEqual(calls.map((_, i) => i + 1));
    expect(events).toEqual([]);
  });

  test("a main engine that stood still itself takes nobody for dead", async () => {
    const engine = await start({ placement: "process", heartbeat: 20, nodes: { "/mortal": mortal() } });
    const events = chronicle(engine);
    for (let i = 0; i < 3; i++) {
      const end = performance.now() + 300;
      while (performance.now() < end);
      expect(await mortalOf(engine).count()).toBe(i + 1);
    }
    expect(events).toEqual([]);
  });

  test("heartbeat: false waits for ever, of the config or of one host", async () => {
    const engine = await start({
      heartbeat: 50,
      hosts: {
        patient: { placement: "process", nodes: ["/mortal"], heartbeat: false },
        other: { placement: "process", nodes: ["/caller"] },
      },
      nodes: { "/mortal": mortal(), "/caller": caller({ restart: "never" }) },
    });
    const events = chronicle(engine);
    const pids = [await mortalOf(engine).pid(), await callerOf(engine).pid()];
    for (const pid of pids) process.kill(pid, "SIGSTOP");
    await until(() => nodeOf(engine, "/caller").status === "failed");
    expect(events).toEqual([]);
    process.kill(pids[0]!, "SIGCONT");
    expect(await mortalOf(engine).count()).toBe(1);
  });

  test("a setup that never comes back to its loop fails the start", async () => {
    const engine = await start({ placement: "process", heartbeat: interval, nodes: { "/mortal": mortal() } });
    await engine.stopNode("/mortal");
    await engine.params.set("/mortal/birth", "loop");
    expect(await rejection(engine.startNode("/mortal"))).toMatchObject({
      name: "NodeStartError",
      message: expect.stringContaining("did not answer"),
    });
  });

  itWhere(runtimes.includes("deno"))(
    "a thread that Deno cannot end is not replaced: its node is given up, with the reason",
    async () => {
      const lines = new Lines();
      const entry = new URL("./supervised/stuck.ts", import.meta.url);
      const host = kept(await startProcess({ entry, title: "stuck", runtime: "deno", permissions: ["-A"], onLine: lines.hear }));
      expect((await host.exited).reason).toBe("exited with code 5");
      const told = JSON.parse(lines.all.find((line) => line.startsWith("{"))!);
      const error = expect.stringContaining("is in an endless loop, which Deno cannot end");
      expect(told.events).toEqual([{ type: "failed", node: "/mortal", error }, { type: "given-up", node: "/mortal", error }]);
      expect(told.call.name).toBe("NodeLostError");
      expect(told.call.after).toBeLessThan(5000); // not when Deno has given up to end it
      expect(told.start).toEqual({ name: "NodeStartError", message: error });
    },
  );
});
