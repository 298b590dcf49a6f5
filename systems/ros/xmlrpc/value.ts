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

/** Bytes of the largest document that is read. */
export const largestDocument: number = 16 * 2 ** 20;
