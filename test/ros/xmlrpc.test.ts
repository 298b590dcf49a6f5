import { createServer, type Server } from "node:net";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { RosError } from "pyros";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { readAnswer, readCall } from "../../systems/ros/xmlrpc/read.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";
import { XmlFault } from "../../systems/ros/xmlrpc/value.ts";
import { writeAnswer, writeCall, writeFault } from "../../systems/ros/xmlrpc/write.ts";

const sayable = fc.string({ unit: "binary" }).filter((text) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)); // oxlint-disable-line no-control-regex
const leaf = fc.oneof(
  sayable,
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.uint8Array(),
  fc.date({ min: new Date("1970-01-01T00:00:00Z"), max: new Date("9000-01-01T00:00:00Z"), noInvalidDate: true }).map((date) =>
    new Date(Math.floor(date.getTime() / 1000) * 1000)
  ),
);
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(sayable.filter((key) => key !== "__proto__"), tie("value"), { noNullPrototype: true }),
  ),
})).value;

describe("XML-RPC", () => {
  it("says any value so that it is read again", () => {
    fc.assert(fc.property(value, (given) => void expect(readAnswer(writeAnswer(given))).toEqual(given)));
    fc.assert(fc.property(fc.array(value), (params) => void expect(readCall(writeCall("a.b", params))).toEqual({ method: "a.b", params })));
  });

  it("reads what other libraries write: bare texts, white space, comments, CDATA, empty elements", () => {
    const text = `<?xml version='1.0'?>\n<!-- x --><methodResponse>\r\n<params><param><value><array><data>
      <value>bare &lt;text&#65;</value><value/><value><string/></value><value><i4> -5 </i4></value><value><string><![CDATA[<a>]]></string></value>
      <value><struct></struct></value><value><double>nan</double></value><value> <int>1</int> </value></data></array></value></param></params></methodResponse>`;
    expect(readAnswer(text)).toEqual(["bare <textA", "", "", -5, "<a>", {}, NaN, 1]);
  });

  it("tells a fault", () => {
    expect(() => readAnswer(writeFault(7, "no \u0001 way"))).toThrow(new XmlFault(7, "no ? way"));
  });

  it.each([
    "",
    "<a>",
    "<methodResponse/>",
    '<!DOCTYPE a [<!ENTITY b "c">]><methodResponse></methodResponse>',
    "<methodResponse><params><param><value><int>1.5</int></value></param></params></methodResponse>",
    "<methodResponse><params><param><value>&b;</value></param></params></methodResponse>",
    "<methodResponse><params><param><value><struct><member><name>__proto__</name><value/></member></struct></value></param></params></methodResponse>",
    `<methodResponse><params><param>${"<value><array><data>".repeat(1000)}`,
    "<methodResponse><params></params></methodResponse>more",
  ])("refuses what is none: %#", (document) => {
    expect(() => readAnswer(document)).toThrow(RosError);
  });

  it("ends on changed documents with an error or a value, and soon", () => {
    const good = writeCall("publisherUpdate", ["/master", "/a", ["http://127.0.0.1:1/"], { a: 1.5, b: [true, new Uint8Array(9)] }]);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length), fc.nat(12), fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 5 }),
        (changes) => {
          let text = good;
          for (const [at, cut, put] of changes) text = text.slice(0, at) + put + text.slice(at + cut);
          try {
            readCall(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RosError);
          }
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it("refuses what it cannot say, by what it is", () => {
    for (const bad of [null, undefined, 5n, "a\u0000", "\ud800", new Map(), () => {}, new Date(NaN)]) {
      expect(() => writeCall("m", [bad])).toThrow(/cannot say/);
    }
  });
});

describe("XmlServer", () => {
  async function serving(methods: ConstructorParameters<typeof XmlServer>[0]): Promise<string> {
    const server = new XmlServer(methods);
    const port = await server.listen("127.0.0.1", 0);
    onTestFinished(() => server.close());
    return `http://127.0.0.1:${port}/`;
  }

  it("answers, and tells what a handler throws as a fault", async () => {
    const address = await serving({
      add: ([a, b]) => (a as number) + (b as number),
      fail: () => {
        throw new Error("no luck");
      },
      odd: () => undefined,
    });
    expect(await callXml(address, "add", [2, 3])).toBe(5);
    await expect(callXml(address, "fail", [])).rejects.toThrow("no luck");
    await expect(callXml(address, "constructor", [])).rejects.toThrow("there is no method constructor");
    await expect(callXml(address, "odd", [])).rejects.toThrow("cannot say undefined");
  });
});

describe("callXml()", () => {
  async function listening(answer: string | undefined): Promise<string> {
    const sockets = new Set<{ destroy(): void }>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      if (answer !== undefined) socket.end(answer);
      else socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it("rejects in time when nobody answers", async () => {
    const start = performance.now();
    await expect(callXml(await listening(undefined), "getPid", [], { timeout: 200 })).rejects.toThrow("no answer within 200 ms");
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it.each(["", "garbage", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort", "HTTP/1.1 500 Oh\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n<a>"])(
    "rejects on the answer %j",
    async (answer) => {
      await expect(callXml(await listening(answer), "getPid", [], { timeout: 2000 })).rejects.toThrow(RosError);
    },
  );

  it("rejects when its signal fires, and on an address that is none", async () => {
    await expect(callXml(await listening(undefined), "getPid", [], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    for (const bad of ["", "localhost:1", "https://a/", "http://", `http://127.0.0.1:1/${"a".repeat(2 ** 20)}`]) {
      await expect(callXml(bad, "getPid", [])).rejects.toThrow(/is no address of an XML-RPC server/);
    }
  });
});
