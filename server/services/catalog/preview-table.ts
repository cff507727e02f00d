import { MaestroError } from "../../../shared/errors.ts";
import type { TablePreview } from "../../../shared/table.ts";
import { selectTable } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

/** The first rows as the warehouse has them; null where it has no such table yet. */
export async function previewTable(
  deps: Pick<Deps, "db" | "warehouse">,
  id: number,
  maxRows: number,
): Promise<TablePreview | null> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { dataset, row } = found;
  if (!(await deps.warehouse.getTable(dataset, row.name))) return null;
  return deps.warehouse.preview(dataset, row.name, maxRows);
}
