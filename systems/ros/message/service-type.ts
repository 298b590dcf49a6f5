import { type Definition, parseDefinition } from "./definition.ts";
import { md5 } from "./md5.ts";
import { MessageType } from "./type.ts";

/** A type of services: what is asked, and what is answered. */
export class ServiceType {
  /** `package/Name`. */
  readonly name: string;
  readonly md5: string;
  readonly request: MessageType;
  readonly response: MessageType;

  /**
   * @param request the text of its definition
   * @param response the text of its definition
   * @param define the definition of a message
   * @throws RosError when something that it needs is not known, or it cannot be
   */
  constructor(name: string, request: string, response: string, define: (type: string) => Definition) {
    const part = (suffix: string, text: string): MessageType => {
      const own = `${name}${suffix}`;
      return new MessageType(own, (type) => (type === own ? parseDefinition(own, text) : define(type)));
    };
    this.name = name;
    this.request = part("Request", request);
    this.response = part("Response", response);
    const sums = new Map<string, string>();
    const md5Of = (type: string): string => {
      let sum = sums.get(type);
      if (sum === undefined) sums.set(type, sum = new MessageType(type, define).md5);
      return sum;
    };
    this.md5 = md5([this.request.definition, this.response.definition], md5Of);
  }
}
