import type { Reason } from "../../shared/run.ts";
import { keptJson } from "../../shared/text.ts";
import type { Transition } from "./transition.ts";

/** Writes why running table runs do not go on, or that they do; those that are another's stay. */
export function noteTroubles(
  transition: Transition,
  troubles: { tableRunId: number; fence: number; reason: Reason | null }[],
): Promise<{ id: number; runId: number; tableId: number }[]> {
  return transition.query(
    "note troubles",
    `update table_runs t set reason = n.reason
     from jsonb_to_recordset($1::jsonb) as n("tableRunId" bigint, fence int, reason jsonb)
     where t.id = n."tableRunId" and t.fence = n.fence and t.state = 'running'
     returning t.id::float8 as id, t.run_id::float8 as "runId", t.table_id::float8 as "tableId"`,
    [keptJson(troubles)],
  );
}
