/** Starts a broker with as many services as the argument says, and ends. */
import { moleculer } from "../lib/moleculer.ts";
import { isAbsent } from "../lib/peers.ts";

const broker = await moleculer();
if (isAbsent(broker)) process.exit(2);
for (let i = 0; i < Number(process.argv[2]); i++) {
  broker.createService({
    name: `node${i}`,
    actions: { reset: ({ params }: { params: { to: number } }) => params.to },
  });
}
await broker.start();
process.exit(0);
