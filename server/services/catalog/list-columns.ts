import type { TableColumns } from "../../../shared/table.ts";
import { selectTableId } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

/** The columns that the catalog's tables of these names have in the warehouse; others are left out. */
export async function listColumns(
  deps: Pick<Deps, "db" | "warehouse">,
  names: string[],
): Promise<TableColumns[]> {
  const found = await Promise.all(names.map((name) => columnsOf(deps, name)));
  return found.filter((one) => one !== null);
}

async function columnsOf(
  { db, warehouse }: Pick<Deps, "db" | "warehouse">,
  name: string,
): Promise<TableColumns | null> {
  const [dataset = "", table = ""] = name.split(".");
  if ((await selectTableId(db, dataset, table)) === null) return null;
  // Completion goes without what cannot be read now.
  const stored = await warehouse.getTable(dataset, table).catch(() => null);
  return stored === null ? null : { name, columns: stored.schema };
}
