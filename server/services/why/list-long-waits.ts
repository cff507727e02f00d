import type { LongWait } from "../../../shared/system.ts";
import { selectLongWaits } from "../../db/long-waits.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "./explain-waits.ts";

/** What waits for longer than this is shown to people, who may have to do something. */
const longSeconds = 300;

/** Table runs that have waited long, each with what for; those that went on meanwhile are left out. */
export async function listLongWaits(
  deps: Pick<Deps, "db" | "limits">,
  limit: number,
): Promise<LongWait[]> {
  const rows = await selectLongWaits(deps.db, { seconds: longSeconds, limit });
  const waits = await explainWaits(deps, { ids: rows.map(({ tableRunId }) => tableRunId) });
  return rows.flatMap(({ reason: stored, ...row }) => {
    const reason = waits.get(row.tableRunId) ?? stored;
    return reason === null ? [] : [{ ...row, reason }];
  });
}
