/**
 * Tests of nodes: one node in simulated time, in a real engine, with a fake world around it.
 *
 * @module
 */
export { TestNode, testNode } from "./test-node.ts";
export type { CallRecord, SetRecord } from "./tap.ts";
export type {
  EmittedItem,
  EmittedOf,
  FakeHandler,
  FakeInput,
  FakeResult,
  FakeService,
  FakeServices,
  InputsOf,
  ItemsOf,
  NeedsOf,
  ParamsOf,
  RunFor,
  StateOf,
  TestOptions,
} from "./types.ts";
