/** The program of a process that runs an engine for some nodes of a graph. */
import type { Bootstrap } from "../engine/wire/bootstrap.ts";
import { linkLimits } from "../engine/wire/link-limits.ts";
import { PyrosError } from "../errors.ts";
import { cannotJoin } from "../host/handle.ts";
import type { Connection } from "../link/connection.ts";
import { linkOf } from "../link/links.ts";
import { zmtp } from "../link/zmtp/link.ts";
import { readBootstrap } from "./bootstrap.ts";
import { makeMember } from "./member.ts";

async function connect({ link, main }: Bootstrap): Promise<Connection> {
  const { connect } = link === "zmtp" ? zmtp : await linkOf(link); // it is loaded with the rest, which takes less time than later
  return connect(main!, linkLimits);
}

const bootstrap = readBootstrap().bootstrap as Bootstrap;
try {
  const connecting = connect(bootstrap); // it waits for the main engine, and that is time to make this one
  connecting.catch(() => {});
  const member = await makeMember(bootstrap);
  await member.join(await connecting);
} catch (error) {
  if (!(error instanceof PyrosError)) throw error;
  process.stderr.write(`${cannotJoin}${error.message}\n`); // the main engine reads it
  process.exit(1);
}
