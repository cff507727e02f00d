import { MaestroError } from "../../../shared/errors.ts";
import type { TableStatusView } from "../../../shared/run.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import type { Deps } from "../deps.ts";
import { explainTableRun } from "../why/explain-table-run.ts";

/** A table's state in short and why it is in it, for scripts that poll. */
export async function getStatus(
  deps: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<TableStatusView> {
  const [row] = await selectTableStatuses(deps.db, idArray([id]));
  if (!row) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { name, status, runId, lastRunAt, lastOkAt, tableRunId } = row;
  const latest = tableRunId === null ? null : await explainTableRun(deps, tableRunId);
  const why = latest?.reason ?? null;
  const reason = why?.text ?? null;
  return { id, name, status, reason, why, runId, tableRunId, lastRunAt, lastOkAt };
}
