/** What the thread of piscina does. */
export default (message: unknown): unknown => message;
