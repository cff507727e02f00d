import { MaestroError } from "../../../shared/errors.ts";
import type { TableVersionView } from "../../../shared/table.ts";
import { selectTable, selectTableVersions } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

/** Every save of a table, the newest first. */
export async function listVersions(
  deps: Pick<Deps, "db">,
  id: number,
): Promise<TableVersionView[]> {
  if (!(await selectTable(deps.db, id))) {
    throw new MaestroError("notFound", `there is no table with id ${id}`);
  }
  return selectTableVersions(deps.db, id);
}
