import type { TableKind, TableListItem } from "../../../shared/table.ts";
import { selectTableList } from "../../db/table-list.ts";
import type { Deps } from "../deps.ts";

/** Tables in the order of their names, with their state and the numbers of parents and children. */
export function listTables(
  deps: Pick<Deps, "db">,
  filter: { kind?: TableKind | undefined; search?: string | undefined; limit: number },
): Promise<TableListItem[]> {
  return selectTableList(deps.db, filter);
}
