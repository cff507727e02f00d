import type { TableKind, TableListItem } from "../../../shared/table.ts";
import { selectTableList } from "../../db/table-list.ts";
import type { Deps } from "../deps.ts";
import { explainWaits } from "../why/explain-waits.ts";

/** Tables in the order of their names, with their state, why, and the numbers of parents and children. */
export async function listTables(
  deps: Pick<Deps, "db" | "limits">,
  filter: {
    kind?: TableKind | undefined;
    search?: string | undefined;
    databaseId?: number | undefined;
    limit: number;
  },
): Promise<TableListItem[]> {
  const rows = await selectTableList(deps.db, filter);
  const ids = rows.flatMap(({ status, tableRunId }) =>
    tableRunId !== null && (status === "waiting" || status === "running") ? [tableRunId] : [],
  );
  const waits = await explainWaits(deps, { ids });
  return rows.map(({ tableRunId, ...row }) => ({
    ...row,
    statusReason: waits.get(tableRunId ?? -1)?.text ?? row.statusReason,
  }));
}
