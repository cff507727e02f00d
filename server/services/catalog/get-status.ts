import { MaestroError } from "../../../shared/errors.ts";
import type { TableStatusView } from "../../../shared/table.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import type { Deps } from "../deps.ts";

/** A table's state in short, for scripts that poll. */
export async function getStatus(deps: Pick<Deps, "db">, id: number): Promise<TableStatusView> {
  const [row] = await selectTableStatuses(deps.db, idArray([id]));
  if (!row) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { name, status, statusReason, runId, lastRunAt, lastOkAt } = row;
  return { id, name, status, reason: statusReason, runId, lastRunAt, lastOkAt };
}
