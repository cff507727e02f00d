import type { OperationView } from "../../../shared/operation.ts";
import { selectOperations } from "../../db/schedulers.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "./require-scheduler.ts";

/** What was done with a scheduler's rooms, the newest first; `before` is the id of the last one of the page before. */
export async function listOperations(
  deps: Pick<Deps, "db">,
  name: string,
  options: { limit?: number; before?: number | undefined } = {},
): Promise<OperationView[]> {
  const { id } = await requireScheduler(deps.db, name);
  return selectOperations(deps.db, id, { limit: options.limit ?? 100, before: options.before });
}
