import { MaestroError } from "../../../shared/errors.ts";
import type { SavedTable } from "../../../shared/table.ts";
import type { TableFile } from "../../../shared/table-file.ts";
import type { Actor } from "../audit/record-change.ts";
import { type CatalogDeps, createTable, updateTable } from "../catalog/save-table.ts";
import { loadCatalogNames } from "./catalog-names.ts";
import { findCurrentTable } from "./get-file.ts";
import { type FileRights, readWanted } from "./plan-files.ts";
import { fileName, sameTables } from "./table-file.ts";

/**
 * Saves a file's table as any save does. `version` is what the plan found there, null for none: what
 * was saved since is a `conflict`. A file that says what the table is already changes nothing.
 */
export async function saveFile(
  deps: CatalogDeps,
  { file, version }: { file: TableFile; version: number | null },
  actor: Actor,
  rights: FileRights,
): Promise<SavedTable & { changed: boolean }> {
  const [names, current] = await Promise.all([
    loadCatalogNames(deps.db),
    findCurrentTable(deps.db, file),
  ]);
  const definition = readWanted(file, names, current, rights);
  if (current && sameTables(current.definition, definition, names)) {
    return { id: current.id, version: current.version, warnings: [], changed: false };
  }
  if ((current?.version ?? null) !== version) throw movedOn(file, current?.version ?? null);
  const saved = current
    ? await updateTable(deps, { id: current.id, version: current.version, definition }, actor)
    : await createTable(deps, definition, actor);
  return { ...saved, changed: true };
}

function movedOn(file: TableFile, version: number | null): MaestroError {
  const now = version === null ? "is gone" : `is at version ${version} now`;
  const message = `${fileName(file)} was changed meanwhile and ${now}: plan it again`;
  return new MaestroError("conflict", message, { field: "version" });
}
