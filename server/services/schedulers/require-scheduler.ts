import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import { type SchedulerRow, selectScheduler } from "../../db/schedulers.ts";

export async function requireScheduler(db: Db, name: string): Promise<SchedulerRow> {
  return (await selectScheduler(db, name)) ?? fail(name);
}

/** For the result of a lookup by name. */
export function fail(name: string): never {
  throw new MaestroError("notFound", `there is no scheduler called ${name}`);
}
