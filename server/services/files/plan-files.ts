import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { PlannedTable, TableFile } from "../../../shared/table-file.ts";
import { needsPlan } from "../../../shared/table-plan.ts";
import { inferReferences } from "../catalog/infer-references.ts";
import type { SavedBeside } from "../catalog/plan-graph.ts";
import { type PlanDeps, planTable } from "../catalog/plan-table.ts";
import { validateDefinition } from "../catalog/validate-definition.ts";
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

/** All plans of one request; what is not answered by then is told as not checked. */
const plansTimeoutMs = 40_000;

/**
 * What saving each of the files would do: whether together they close a cycle is seen from what each
 * reads. `withPlans` has BigQuery asked as well what each change means for others, where all of them
 * are saved. Saves nothing, and throws for no file.
 */
export async function planFiles(
  deps: PlanDeps,
  files: TableFile[],
  rights: FileRights,
  options: { withPlans: boolean } = { withPlans: false },
): Promise<PlannedTable[]> {
  const names = await loadCatalogNames(deps.db);
  const found: PlannedFile[] = [];
  for (const file of files) found.push(await planFile(deps, file, rights, names));
  if (options.withPlans) await addPlans(deps, found);
  return found.map(({ planned }) => planned);
}

interface PlannedFile {
  planned: PlannedTable;
  /** What is saved of a table that there is; null of others. */
  save: (SavedBeside & { isNoticed: boolean }) | null;
}

async function addPlans(deps: PlanDeps, found: PlannedFile[]): Promise<void> {
  const limit = AbortSignal.timeout(plansTimeoutMs);
  const saves = found.flatMap(({ save }) => save ?? []);
  for (const { planned, save } of found) {
    if (!save?.isNoticed) continue;
    const others = saves.filter((other) => other !== save);
    planned.plan = await planTable(deps, save.definition, save.id, { others, limit });
  }
}

async function planFile(
  deps: PlanDeps,
  file: TableFile,
  rights: FileRights,
  names: CatalogNames,
): Promise<PlannedFile> {
  const current = await findCurrentTable(deps.db, file);
  const before = current && writeTableFile(current.definition, names);
  const known = { name: fileName(file), version: current?.version ?? null, before, plan: null };
  try {
    const definition = readWanted(file, names, current, rights);
    const after = writeTableFile(definition, names);
    const isSame = current !== null && sameTables(current.definition, definition, names);
    const { references, warnings } = await inferReferences(deps, definition, {
      dryRunTimeoutMs: null,
    });
    if (!isSame) await validateDefinition(deps.db, definition, current?.id ?? null);
    const planned: PlannedTable = {
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
    const isNoticed = current !== null && needsPlan(current.definition, definition);
    const isSaved = current !== null && !isSame;
    return {
      planned,
      save: isSaved ? { id: current.id, definition, references, isNoticed } : null,
    };
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    const refused = { action: "refused" as const, kind: null, changed: [], after: null };
    const planned = { ...known, ...refused, reads: [], warnings: [], refusal: error.message };
    return { planned, save: null };
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
