import process from "node:process";
import { defineNode, type NodeDefinition } from "pyros";
import { Lines } from "../display/lines.ts";
import { inputs, needs, type View } from "../display/parts.ts";
import { Picture } from "../display/picture.ts";
import type { Keys, Output } from "../display/terminal.ts";

/**
 * A display: a picture where the output is a terminal, or else a line a second.
 *
 * @param output where to draw
 * @param keys where keys come from
 */
export function displayOn(output: Output, keys: Keys): NodeDefinition {
  return defineNode({
    description: "shows the swarm, and takes keys",
    rate: 4,
    inputs,
    needs,
    setup: (): View => (output.isTTY === true ? new Picture(output, keys) : new Lines(output)),
    on: {
      bodies(_, context) {
        context.local.draw(context);
      },
    },
    update(context) {
      context.local.tick(context);
    },
    dispose({ local }) {
      local.close();
    },
  });
}

export default displayOn(process.stdout, process.stdin as Keys);
