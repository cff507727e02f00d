import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { PlannedTable, TableFile } from "../../../shared/table-file.ts";
import { inferReferences } from "../catalog/infer-references.ts";
import { validateDefinition } from "../catalog/validate-definition.ts";
import type { Deps } from "../deps.ts";
import { type CatalogNames, loadCatalogNames } from "./catalog-names.ts";
import { type CurrentTable, findCurrentTable } from "./get-file.ts";
import { fileName, readTableFile, sameTables, writeTableFile } from "./table-file.ts";

/** What may be saved of a table's group, beside what is wrong with the file itself. */
export interface FileRights {
  /** Of a new table whose file names no group. */
  groupIdOfNew: number | null;
  /** Throws `forbidden` for a group that is not theirs. */
  assertMayWrite(groupId: number | null): void;
}

/**
 * What saving each of the files would do, one by one and without a dry run: whether together they close
 * a cycle is seen from what each reads. Saves nothing, and throws for no file.
 */
export async function planFiles(
  deps: Pick<Deps, "db" | "sqlParser" | "warehouse">,
  files: TableFile[],
  rights: FileRights,
): Promise<PlannedTable[]> {
  const names = await loadCatalogNames(deps.db);
  const planned: PlannedTable[] = [];
  for (const file of files) planned.push(await planFile(deps, file, rights, names));
  return planned;
}

async function planFile(
  deps: Pick<Deps, "db" | "sqlParser" | "warehouse">,
  file: TableFile,
  rights: FileRights,
  names: CatalogNames,
): Promise<PlannedTable> {
  const current = await findCurrentTable(deps.db, file);
  const before = current && writeTableFile(current.definition, names);
  const known = { name: fileName(file), version: current?.version ?? null, before };
  try {
    const definition = readWanted(file, names, current, rights);
    const after = writeTableFile(definition, names);
    const isSame = current !== null && sameTables(current.definition, definition, names);
    const { references, warnings } = await inferReferences(deps, definition, {
      dryRunTimeoutMs: null,
    });
    if (!isSame) await validateDefinition(deps.db, definition, current?.id ?? null);
    return {
      ...known,
      action: isSame ? "none" : current ? "update" : "create",
      kind: definition.kind,
      changed: current ? changedSettings(current.definition, definition) : [],
      after,
      reads: references.flatMap(({ dataset, name, isWildcard, ignored }) =>
        dataset === null || ignored ? [] : [`${dataset}.${name}${isWildcard ? "*" : ""}`],
      ),
      warnings,
      refusal: null,
    };
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    const refused = { action: "refused" as const, kind: null, changed: [], after: null };
    return { ...known, ...refused, reads: [], warnings: [], refusal: error.message };
  }
}

/** The definition of a file, held against who may save it. */
export function readWanted(
  file: TableFile,
  names: CatalogNames,
  current: CurrentTable | null,
  rights: FileRights,
): TableDefinition {
  const before = current?.definition ?? null;
  const definition = readTableFile(file, names, before, rights.groupIdOfNew);
  if (before) rights.assertMayWrite(before.groupId);
  rights.assertMayWrite(definition.groupId);
  return definition;
}

function changedSettings(before: TableDefinition, after: TableDefinition): string[] {
  const keys = Object.keys(after) as (keyof TableDefinition)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return changed.map((key) => (key === "query" ? key : key.replace(/Id$/, "")));
}
