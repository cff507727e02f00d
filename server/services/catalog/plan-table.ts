import { MaestroError } from "../../../shared/errors.ts";
import type { FieldSchema, TableDefinition } from "../../../shared/table.ts";
import type { PlannedEffect, TablePlan } from "../../../shared/table-plan.ts";
import type { DryRunStatistics, StoredTable } from "../../connectors/warehouse.ts";
import { matchNames } from "../../db/catalog-edges.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { outsideChanges } from "../../domain/outside-readers.ts";
import { appendColumns, compareColumns } from "../../domain/table-columns.ts";
import { bytesText } from "../../domain/words.ts";
import { abortable } from "../../support/abortable.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";
import { loadCatalogNames } from "../files/catalog-names.ts";
import { findBrokenDescendants } from "./find-broken-descendants.ts";
import { type Inference, inferReferences } from "./infer-references.ts";
import { planGraph, type SavedBeside } from "./plan-graph.ts";

/** Somebody waits; what is not answered by then is told as not checked. */
const timeoutMs = 30_000;

export type PlanDeps = Pick<Deps, "db" | "sqlParser" | "warehouse" | "secretBox" | "givenSettings">;

interface PlanOptions {
  /** What is saved together with it. */
  others?: readonly SavedBeside[];
  /** When the time is up. */
  limit?: AbortSignal;
}

/** Both sides of a save, and what is known of them. */
interface Sides {
  saved: TableDefinition | null;
  definition: TableDefinition;
  /** As BigQuery has it under the saved name. */
  stored: StoredTable | null;
  savedRun: DryRunStatistics | null;
  inference: Inference;
}

/** What saving the definition would do to others, the columns and the bytes. Saves nothing. */
export async function planTable(
  deps: PlanDeps,
  definition: TableDefinition,
  id: number | null,
  options: PlanOptions = {},
): Promise<TablePlan> {
  const { others = [], limit = AbortSignal.timeout(timeoutMs) } = options;
  const { db, warehouse } = deps;
  const saved = id === null ? null : await readSaved(deps, id);
  const now = saved ?? definition;
  const [inference, stored, savedRun] = await Promise.all([
    inferWithin(deps, definition, limit),
    orNull(warehouse.getTable(now.dataset, now.name), limit),
    saved && dryRunSaved(deps, saved, limit),
  ]);
  const sides: Sides = { saved, definition, stored, savedRun, inference };
  const { references } = inference;
  const graph = await planGraph(db, { id, saved, definition, references, others });
  const columns = columnsOf(sides);
  const below = id === null ? nobody : await checkBelow();
  const { pricePerTib } = await readPrice(deps);
  // Of many that are saved together one may be made new, and read by another.
  const isAlone = options.others === undefined;
  const bytes =
    inference.dryRun.kind === "done" ? inference.dryRun.statistics.bytesProcessed : null;
  const bytesBefore = savedRun?.bytesProcessed ?? null;
  const priceOf = (count: number | null) =>
    count === null ? null : priceBytes(count, pricePerTib);
  return {
    cycle: graph.cycle,
    refusal: refusalOf(sides, columns.refusals) ?? (isAlone ? await missingOf(deps, sides) : null),
    newParents: graph.newParents,
    droppedParents: graph.droppedParents,
    newReaders: graph.newReaders,
    ...compareColumns(columns.before, columns.after),
    bytes,
    price: priceOf(bytes),
    bytesBefore,
    priceBefore: priceOf(bytesBefore),
    broken: [...graph.left, ...below.broken],
    unchecked: below.unchecked,
    outside: saved ? await outsideOf(deps, sides, saved) : [],
    warnings: inference.warnings,
  };

  async function checkBelow() {
    const { before, after } = columns;
    if (!before || !after) {
      return { broken: [], unchecked: notComparable(sides, after !== null, graph.readers) };
    }
    const table = { id: id ?? 0, name: `${now.dataset}.${now.name}`, before, after };
    const skipped = new Set(graph.left.map((reader) => reader.id));
    const beside = new Map(others.map((other) => [other.id, other.definition]));
    return findBrokenDescendants(deps, table, { skipped, beside, limit });
  }
}

const nobody = { broken: [], unchecked: [] };

async function readSaved({ db }: Pick<Deps, "db">, id: number): Promise<TableDefinition> {
  const found = await selectTable(db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  return definitionOf(found.row, found.dataset);
}

/** Once the time is up BigQuery is not asked any more: of many tables each would take its own time. */
async function inferWithin(
  deps: PlanDeps,
  definition: TableDefinition,
  limit: AbortSignal,
): Promise<Inference> {
  if (!limit.aborted) return inferReferences(deps, definition, { dryRunTimeoutMs: timeoutMs });
  const inference = await inferReferences(deps, definition, { dryRunTimeoutMs: null });
  if (definition.kind !== "summary") return inference;
  const error = new MaestroError("timeout", "the time for the plan was over");
  const warnings = [...inference.warnings, `There was no dry run: ${error.message}.`];
  return { ...inference, warnings, dryRun: { kind: "away", error } };
}

/** What is saved now, for comparison; null where it is no query or cannot be dry-run. */
async function dryRunSaved(
  { warehouse }: Pick<Deps, "warehouse">,
  { kind, query, legacySql, dataset }: TableDefinition,
  limit: AbortSignal,
): Promise<DryRunStatistics | null> {
  if (kind !== "summary" || query.trim() === "") return null;
  return orNull(warehouse.dryRun(query, { legacySql, defaultDataset: dataset }), limit);
}

async function orNull<T>(promise: Promise<T>, limit: AbortSignal): Promise<T | null> {
  return abortable(promise, limit).catch(() => null);
}

/** A change of these can change the columns. */
const making: (keyof TableDefinition)[] = [
  "kind",
  "dataset",
  "query",
  "legacySql",
  "disposition",
  "importDatabaseId",
  "importTable",
];

function isMadeOtherwise({ saved, definition }: Sides): boolean {
  return saved === null || making.some((key) => saved[key] !== definition[key]);
}

/** The columns that readers get by the saved definition, and by the new one; null where not known. */
function columnsOf(sides: Sides) {
  const { saved, definition, stored, savedRun, inference } = sides;
  const after = inference.dryRun.kind === "done" ? inference.dryRun.statistics.schema : null;
  const stands = saved && columnsBy(saved, stored, savedRun?.schema)?.columns;
  const before = stands ?? (saved && stored ? stored.schema : null);
  if (!isMadeOtherwise(sides)) return { before, after: before, refusals: [] };
  const made = columnsBy(definition, stored, after);
  return { before, after: made?.columns ?? null, refusals: made?.refusals ?? [] };
}

/** Of a script a dry run may know no columns. */
function columnsBy(
  { kind, disposition }: TableDefinition,
  stored: StoredTable | null,
  query: FieldSchema[] | null | undefined,
) {
  if (kind !== "summary" || !query || query.length === 0) return null;
  if (disposition === "append" && stored) return appendColumns(stored.schema, query);
  return { columns: query, refusals: [] };
}

/** Why nothing can be said of those who read columns that are not known. */
function notComparable(sides: Sides, isKnown: boolean, readers: PlannedEffect[]): PlannedEffect[] {
  if (!isMadeOtherwise(sides)) return [];
  const message = isKnown ? "which columns it reads so far is not known" : whyUnknown(sides);
  return readers.map((reader) => ({ ...reader, message }));
}

function whyUnknown({ definition, inference: { dryRun } }: Sides): string {
  if (definition.kind === "import") return "which columns it gets is known after the next import";
  if (definition.kind === "external") return "which columns it gets depends on the uploaded files";
  if (dryRun.kind === "refused" || dryRun.kind === "away") {
    return `which columns it gets is not known: ${dryRun.error.message}`;
  }
  return "which columns it gets is not known before it has run";
}

/** A parent that has not run yet is no refusal. */
function refusalOf(sides: Sides, columnRefusals: string[]): string | null {
  const { dryRun } = sides.inference;
  if (dryRun.kind === "refused" && dryRun.error.code !== "notFound") return dryRun.error.message;
  return reshapeRefusal(sides) ?? columnRefusals[0] ?? capRefusal(sides);
}

/** Who names no layout keeps the stored one, and when partitions expire is no part of it. */
function reshapeRefusal({ saved, definition, stored }: Sides): string | null {
  const isThere = saved?.dataset === definition.dataset && saved.name === definition.name;
  if (!stored || !isThere || layoutOf(definition) === layoutOf({})) return null;
  if (layoutOf(saved) === layoutOf(definition)) return null;
  return "BigQuery never changes the partitioning or clustering of a table that exists: its runs fail until it is dropped there, with its rows";
}

function layoutOf(given: Partial<TableDefinition>): string {
  const { partitioning = null, clustering = [] } = given;
  return JSON.stringify([partitioning?.type, partitioning?.field, clustering]);
}

/** BigQuery bills no query less, unless it reads nothing. */
const leastBilledBytes = 10 * 2 ** 20;

function capRefusal({ definition, inference: { dryRun } }: Sides): string | null {
  const { costCapBytes } = definition;
  const bytes = dryRun.kind === "done" ? dryRun.statistics.bytesProcessed : 0;
  const billed = bytes === 0 ? 0 : Math.max(bytes, leastBilledBytes);
  if (costCapBytes === null || billed <= costCapBytes) return null;
  return `a run would be billed ${bytesText(billed)}, and its cost cap is ${bytesText(costCapBytes)}`;
}

/** BigQuery's word where it misses a table that no run makes either, such as one that is misspelt. */
async function missingOf(
  { db, warehouse }: PlanDeps,
  { inference: { dryRun, references } }: Sides,
): Promise<string | null> {
  if (dryRun.kind !== "refused" || dryRun.error.code !== "notFound") return null;
  const named = references.filter(({ dataset, isWildcard }) => dataset !== null && !isWildcard);
  const known = new Set((await matchNames(db, named)).map(({ index }) => index));
  const others = named.filter((_, index) => !known.has(index));
  const stored = await Promise.all(
    others.map(({ dataset, name }) =>
      warehouse.getTable(dataset ?? "", name).catch(() => "unknown" as const),
    ),
  );
  return stored.includes(null) ? dryRun.error.message : null;
}

async function outsideOf(
  { db }: Pick<Deps, "db">,
  { definition, stored }: Sides,
  saved: TableDefinition,
): Promise<string[]> {
  const names = await loadCatalogNames(db);
  return outsideChanges(saved, definition, {
    isStored: stored !== null,
    databaseName: (databaseId) => names.nameOf("database", databaseId) ?? "that was removed",
  });
}
