import type { TableNameItem } from "../../../shared/table.ts";
import { selectTableNames } from "../../db/table-list.ts";
import type { Deps } from "../deps.ts";

/** The names of all tables, in their order: what a search among all of them needs, and no more. */
export function listTableNames({ db }: Pick<Deps, "db">): Promise<TableNameItem[]> {
  return selectTableNames(db);
}
