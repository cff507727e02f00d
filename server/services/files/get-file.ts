import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { TableFile } from "../../../shared/table-file.ts";
import type { Db } from "../../db/client.ts";
import { definitionOf, selectTable, selectTableId } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";
import { loadCatalogNames } from "./catalog-names.ts";
import { writeTableFile } from "./table-file.ts";

export interface CurrentTable {
  id: number;
  version: number;
  definition: TableDefinition;
}

/** The table of that name as it is; null where there is none. */
export async function findCurrentTable(
  db: Db,
  { dataset, name }: { dataset: string; name: string },
): Promise<CurrentTable | null> {
  const id = await selectTableId(db, dataset, name);
  const found = id === null ? null : await selectTable(db, id);
  if (!found) return null;
  const definition = definitionOf(found.row, found.dataset);
  return { id: found.row.id, version: found.row.version, definition };
}

/** A table as files. */
export async function getFile(
  deps: Pick<Deps, "db">,
  id: number,
): Promise<{ version: number; file: TableFile }> {
  const [found, names] = await Promise.all([selectTable(deps.db, id), loadCatalogNames(deps.db)]);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const definition = definitionOf(found.row, found.dataset);
  return { version: found.row.version, file: writeTableFile(definition, names) };
}
