import ipaddr from "ipaddr.js";
import { schedulerNameSchema } from "../../../shared/scheduler.ts";
import type { RoomKey } from "../../connectors/room-store.ts";
import { selectScheduler } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";

/** Whether the scheduler lets rooms at this address ping without their token. */
export async function admitsPing(
  deps: Pick<Deps, "db">,
  { scheduler }: Pick<RoomKey, "scheduler">,
  address: string,
): Promise<boolean> {
  if (!ipaddr.isValid(address) || !schedulerNameSchema.safeParse(scheduler).success) return false;
  const networks = (await selectScheduler(deps.db, scheduler))?.specification.pingNetworks ?? [];
  // An IPv4 address may come as ::ffff:10.0.0.7.
  const from = ipaddr.process(address);
  return networks.some((network) => {
    const [range, bits] = ipaddr.parseCIDR(network);
    return range.kind() === from.kind() && from.match(range, bits);
  });
}
