/** What XML-RPC can say. Whole numbers have 32 bits; what is larger, or has a fraction, is a double. */
export type XmlValue = string | number | boolean | Date | Uint8Array | readonly XmlValue[] | { readonly [key: string]: XmlValue };

/** A call. */
export interface XmlCall {
  readonly method: string;
  readonly params: readonly XmlValue[];
}

/** What the other side says instead of an answer. */
export class XmlFault extends Error {
  readonly faultCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.faultCode = code;
  }
}

/** Whether a value is a dictionary: of params, a subtree. */
export function isStruct(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Bytes of the largest document that is read. */
export const largestDocument: number = 16 * 2 ** 20;
