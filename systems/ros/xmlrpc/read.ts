import { Buffer } from "node:buffer";
import { RosError } from "../../../src/errors.ts";
import { type XmlCall, XmlFault, type XmlValue } from "./value.ts";

const deepest = 64; // values inside each other
const name = /[A-Za-z][\w.:-]{0,63}/y; // no element that is known has a longer one

/**
 * Reads a call.
 *
 * @throws RosError when it is none
 */
export function readCall(document: string): XmlCall {
  const reader = new Reader(document);
  return reader.whole("methodCall", () => {
    const method = reader.inside("methodName", () => reader.text()).trim();
    return { method, params: reader.peek() === "/methodCall" ? [] : reader.params() };
  });
}

/**
 * Reads an answer.
 *
 * @throws XmlFault when the other side refuses, RosError when it is no answer
 */
export function readAnswer(document: string): XmlValue {
  const reader = new Reader(document);
  return reader.whole("methodResponse", () => {
    if (reader.peek() !== "fault") {
      const [answer] = reader.params();
      if (answer === undefined) throw new RosError("the answer is empty");
      return answer;
    }
    const { faultCode = 0, faultString = "" } = reader.inside("fault", () => reader.value(0)) as Record<string, XmlValue>;
    throw new XmlFault(Number(faultCode), typeof faultString === "string" ? faultString : "it gave no reason");
  });
}

/** Goes through a document once, from its begin to its end. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** A document that is one element. */
  whole<T>(element: string, read: () => T): T {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    const found = this.inside(element, read);
    this.#pass();
    if (this.#at !== this.#text.length) this.#refuse("something follows its end");
    return found;
  }

  /** The name of the tag that comes next; a `/` in front of one that closes; empty where text comes. */
  peek(): string {
    this.#pass();
    if (this.#text[this.#at] !== "<") return "";
    const closes = this.#text[this.#at + 1] === "/";
    name.lastIndex = this.#at + (closes ? 2 : 1);
    return `${closes ? "/" : ""}${name.exec(this.#text)?.[0] ?? ""}`;
  }

  inside<T>(element: string, read: () => T): T {
    if (this.#open(element)) this.#refuse(`<${element}> is empty`);
    const found = read();
    this.#close(element);
    return found;
  }

  params(): XmlValue[] {
    const params: XmlValue[] = [];
    if (this.#open("params")) return params;
    while (this.peek() === "param") params.push(this.inside("param", () => this.value(0)));
    this.#close("params");
    return params;
  }

  value(depth: number): XmlValue {
    if (depth > deepest) this.#refuse(`more than ${deepest} values stand inside each other`);
    if (this.#open("value")) return "";
    const start = this.#at;
    const type = this.peek();
    if (type === "" || type === "/value") {
      this.#at = start; // white space belongs to a bare text
      const text = this.text();
      this.#close("value");
      return text;
    }
    const found = this.#typed(type, depth);
    this.#close("value");
    return found;
  }

  /** The text up to the next tag. */
  text(): string {
    let text = "";
    for (;;) {
      const end = this.#text.indexOf("<", this.#at);
      if (end < 0) this.#refuse("it ends inside a text");
      text += unescape(this.#text.slice(this.#at, end), (why) => this.#refuse(why));
      this.#at = end;
      if (this.#text.startsWith("<![CDATA[", end)) {
        const close = this.#find("]]>", end + 9);
        text += this.#text.slice(end + 9, close);
        this.#at = close + 3;
      } else if (this.#text.startsWith("<!--", end)) this.#at = this.#find("-->", end + 4) + 3;
      else return text;
    }
  }

  #typed(type: string, depth: number): XmlValue {
    if (type === "array") return this.inside("array", () => this.#array(depth));
    if (type === "struct") return this.#struct(depth);
    const empty = this.#open(type);
    const text = empty ? "" : this.text();
    if (!empty) this.#close(type);
    return this.#scalar(type, text);
  }

  #scalar(type: string, text: string): XmlValue {
    const trimmed = text.trim();
    switch (type) {
      case "string":
        return text;
      case "int":
      case "i4":
      case "i8":
        if (/^[+-]?\d{1,16}$/.test(trimmed)) return Number(trimmed);
        break;
      case "boolean":
        if (trimmed === "1" || trimmed === "0") return trimmed === "1";
        break;
      case "double":
        // Its length comes first: digits in front of a point and behind it can be parted in as many ways as there are digits.
        if (trimmed.length < 400 && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return Number(trimmed);
        if (/^[+-]?(nan|inf|infinity)$/i.test(trimmed)) {
          return /nan/i.test(trimmed) ? NaN : trimmed.startsWith("-") ? -Infinity : Infinity;
        }
        break;
      case "base64":
        if (/[^A-Za-z0-9+/=\s]/.test(text)) break;
        return new Uint8Array(Buffer.from(text, "base64"));
      case "dateTime.iso8601": {
        const [, year, month, day, time] = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d:\d\d:\d\d)Z?$/.exec(trimmed) ?? [];
        const moment = new Date(`${year}-${month}-${day}T${time}Z`);
        if (!Number.isNaN(moment.getTime())) return moment;
      }
    }
    return this.#refuse(`<${type}> cannot be ${JSON.stringify(trimmed.slice(0, 40))}`);
  }

  #array(depth: number): XmlValue[] {
    const items: XmlValue[] = [];
    if (this.#open("data")) return items;
    while (this.peek() === "value") items.push(this.value(depth + 1));
    this.#close("data");
    return items;
  }

  #struct(depth: number): XmlValue {
    const members: Record<string, XmlValue> = {};
    if (this.#open("struct")) return members;
    while (this.peek() === "member") {
      this.inside("member", () => {
        const key = this.#open("name") ? "" : this.#named();
        if (key === "__proto__") this.#refuse("no member may be called __proto__");
        members[key] = this.value(depth + 1);
      });
    }
    this.#close("struct");
    return members;
  }

  #named(): string {
    const key = this.text();
    this.#close("name");
    return key;
  }

  /** Passes a tag that opens; true where it closes itself. */
  #open(element: string): boolean {
    if (!this.#isTag(element)) this.#refuse(`<${element}> should stand here`);
    const end = this.#find(">", this.#at);
    const closed = this.#text[end - 1] === "/";
    this.#at = end + 1;
    return closed;
  }

  #close(element: string): void {
    if (!this.#isTag(element, true)) this.#refuse(`</${element}> should stand here`);
    this.#at = this.#find(">", this.#at) + 1;
  }

  /** Whether the tag that comes next opens that element, or closes it; as `peek` has it, but for less. */
  #isTag(element: string, closes = false): boolean {
    this.#pass();
    const start = this.#at + (closes ? 2 : 1);
    return this.#text.startsWith(closes ? "</" : "<", this.#at) && this.#text.startsWith(element, start) &&
      !inName(this.#text.charCodeAt(start + element.length));
  }

  /** Passes what says nothing: white space, comments and instructions. */
  #pass(): void {
    for (;;) {
      while (isWhite(this.#text.charCodeAt(this.#at))) this.#at++;
      if (this.#text.startsWith("<!--", this.#at)) this.#at = this.#find("-->", this.#at + 4) + 3;
      else if (this.#text.startsWith("<?", this.#at)) this.#at = this.#find("?>", this.#at + 2) + 2;
      else return;
    }
  }

  #find(text: string, from: number): number {
    const at = this.#text.indexOf(text, from);
    return at < 0 ? this.#refuse(`${text} is missing`) : at;
  }

  #refuse(why: string): never {
    throw new RosError(`no document of XML-RPC: ${why} (at ${this.#at} of ${this.#text.length})`);
  }
}

function isWhite(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** Whether a character goes on with the name of an element; NaN at the end does not. */
function inName(code: number): boolean {
  return (code >= 0x30 && code <= 0x3a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f ||
    code === 0x2e || code === 0x2d;
}

const known = Object.entries({ "lt;": "<", "gt;": ">", "amp;": "&", "quot;": '"', "apos;": "'" });
const numbered = /#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}));/y;

function unescape(text: string, refuse: (why: string) => never): string {
  const plain: string[] = [];
  let from = 0;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", from)) {
    if (at > from) plain.push(text.slice(from, at));
    const named = known.find(([reference]) => text.startsWith(reference, at + 1));
    if (named === undefined) {
      numbered.lastIndex = at + 1;
      const [reference = "", hexadecimal, decimal] = numbered.exec(text) ?? [];
      const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      if (!(point < 0x110000) || (point >= 0xd800 && point <= 0xdfff)) return refuse(`${text.slice(at, at + 12)} stands for nothing`);
      plain.push(String.fromCodePoint(point));
      from = at + 1 + reference.length;
    } else {
      plain.push(named[1]);
      from = at + 1 + named[0].length;
    }
  }
  return from === 0 ? text : plain.join("") + text.slice(from);
}
