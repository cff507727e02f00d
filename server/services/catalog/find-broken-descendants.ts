import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { FieldSchema, TableDefinition } from "../../../shared/table.ts";
import type { PlannedEffect, TablePlan } from "../../../shared/table-plan.ts";
import { selectEdges } from "../../db/catalog-edges.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { emptyQuery } from "../../domain/empty-query.ts";
import { descendantsOf, topologicalOrder } from "../../domain/graph.ts";
import { appendColumns } from "../../domain/table-columns.ts";
import { replaceTables } from "../../domain/table-references/replace-tables.ts";
import { abortable } from "../../support/abortable.ts";
import type { Deps } from "../deps.ts";

/** Each is two dry runs, and somebody waits for the answer. */
const mostChecked = 40;

type CheckDeps = Pick<Deps, "db" | "warehouse">;

interface Columns {
  before: FieldSchema[];
  after: FieldSchema[];
}

interface CheckOptions {
  /** Children that read it no more. */
  skipped: ReadonlySet<number>;
  /** Tables that are saved together with it, as they will be. */
  beside: ReadonlyMap<number, TableDefinition>;
  /** When the time is up; what is not checked by then is told. */
  limit: AbortSignal;
}

/**
 * Which descendants other columns break. A child's SQL is dry-run twice: with queries of the present
 * columns in its parents' place, then with ones of the new. Where only the second is refused, the
 * change breaks it; where the first is, nothing can be said. Where it passes and its own columns
 * change with it, its children are asked too. Each is asked once, after all of its parents, so that
 * it sees everything that changes above it. What a broken table would leave behind is not looked at:
 * it runs no more.
 */
export async function findBrokenDescendants(
  deps: CheckDeps,
  table: { id: number; name: string } & Columns,
  options: CheckOptions,
): Promise<Pick<TablePlan, "broken" | "unchecked">> {
  const told: Record<"broken" | "unknown", PlannedEffect[]> = { broken: [], unknown: [] };
  if (sameColumns(table)) return { broken: [], unchecked: [] };
  const changed = new Map<string, Columns>([[table.name, table]]);
  const { order, childrenOf } = await descendantsInOrder(deps, table.id);
  const asked = new Set(childrenOf(table.id).filter((child) => !options.skipped.has(child)));
  let checks = 0;
  for (const id of order) {
    const definition = asked.has(id) ? await readDefinition(deps, id, options) : null;
    if (!definition) continue;
    checks += 1;
    const name = `${definition.dataset}.${definition.name}`;
    const reason = reasonNotToAsk(checks, options);
    const child = reason ?? (await check(deps, definition, changed, options));
    if (child.kind !== "fine") told[child.kind].push({ id, name, message: child.message });
    if (child.kind !== "fine" || sameColumns(child)) continue;
    changed.set(name, child);
    for (const below of childrenOf(id)) asked.add(below);
  }
  return { broken: told.broken, unchecked: told.unknown };
}

/** What is below a table, each after its parents as far as no cycle is in the way. */
async function descendantsInOrder({ db }: CheckDeps, id: number) {
  const all = await selectEdges(db);
  const below = descendantsOf({ ids: [...new Set([id, ...all.flat()])], edges: all }, [id]);
  below.add(id);
  // An edge back into the changed table would close a cycle; the save refuses those of its own.
  const edges = all.filter(
    ([parent, child]) => below.has(parent) && below.has(child) && child !== id,
  );
  const ids = [...below];
  const children = Map.groupBy(edges, ([parent]) => parent);
  return {
    order: topologicalOrder({ ids, edges }) ?? ids,
    childrenOf: (parent: number) => (children.get(parent) ?? []).map(([, child]) => child),
  };
}

type Outcome =
  | ({ kind: "fine" } & Columns)
  | { kind: "broken"; message: string }
  | { kind: "unknown"; message: string };

/** As it will be, where it is saved too. */
async function readDefinition(
  { db }: CheckDeps,
  id: number,
  { beside }: CheckOptions,
): Promise<TableDefinition | null> {
  const saved = beside.get(id);
  const found = saved ? null : await selectTable(db, id);
  return saved ?? (found && definitionOf(found.row, found.dataset));
}

function reasonNotToAsk(checks: number, { limit }: CheckOptions): Outcome | null {
  if (checks > mostChecked) {
    return { kind: "unknown", message: `a plan checks ${mostChecked} tables and no more` };
  }
  return limit.aborted ? { kind: "unknown", message: "the time for the plan was over" } : null;
}

async function check(
  { warehouse }: CheckDeps,
  definition: TableDefinition,
  changed: ReadonlyMap<string, Columns>,
  { limit }: CheckOptions,
): Promise<Outcome> {
  const { kind, query, legacySql, dataset } = definition;
  // Its parents are named by hand, and none of their columns is read.
  if (kind !== "summary") return { kind: "fine", before: [], after: [] };
  if (legacySql) return { kind: "unknown", message: "it is written in legacy SQL" };
  const tryWith = async (side: keyof Columns): Promise<Tried> => {
    const defaults = { projectId: warehouse.projectId, dataset };
    const { sql, replaced } = replaceTables(query, defaults, (parent) => {
      const columns = changed.get(parent)?.[side];
      return columns === undefined ? null : emptyQuery(columns);
    });
    if (replaced === 0) return { kind: "unnamed" };
    const asked = warehouse.dryRun(sql, { legacySql: false, defaultDataset: dataset });
    return abortable(asked, limit).then(({ schema }) => ({ kind: "passed", schema }), faultOf);
  };
  const [before, after] = await Promise.all([tryWith("before"), tryWith("after")]);
  const outcome = judge(before, after);
  return definition.disposition === "append" ? appended(outcome) : outcome;
}

/** What it has stays, with its columns: rows of other types cannot be added to it. */
function appended(outcome: Outcome): Outcome {
  if (outcome.kind !== "fine") return outcome;
  const { before } = outcome;
  const { columns, refusals } = appendColumns(before, outcome.after);
  const [message] = refusals;
  return message === undefined
    ? { kind: "fine", before, after: columns }
    : { kind: "broken", message };
}

type Tried =
  | { kind: "passed"; schema: FieldSchema[] }
  | { kind: "refused" | "away"; message: string }
  | { kind: "unnamed" };

function judge(before: Tried, after: Tried): Outcome {
  if (before.kind === "unnamed" || after.kind === "unnamed") {
    return {
      kind: "unknown",
      message: "its SQL does not name what changes: it reads it by a wildcard, or through a view",
    };
  }
  if (before.kind === "refused") {
    return { kind: "unknown", message: `its SQL is refused as it is: ${before.message}` };
  }
  if (after.kind === "refused") return { kind: "broken", message: after.message };
  if (before.kind === "passed" && after.kind === "passed") {
    return { kind: "fine", before: before.schema, after: after.schema };
  }
  const message = before.kind === "away" ? before.message : "message" in after ? after.message : "";
  return { kind: "unknown", message };
}

/** A refusal is of the SQL; all else says that the warehouse could not be asked. */
function faultOf(error: unknown): Tried {
  const refused = ["invalidSql", "notFound", "invalidInput"];
  if (error instanceof MaestroError && refused.includes(error.code)) {
    return { kind: "refused", message: error.message };
  }
  const isLate = error instanceof DOMException && error.name === "TimeoutError";
  return { kind: "away", message: isLate ? "the time for the plan was over" : messageOf(error) };
}

function sameColumns({ before, after }: Columns): boolean {
  return JSON.stringify(before.map(shapeOf)) === JSON.stringify(after.map(shapeOf));
}

/** REQUIRED reads as NULLABLE does. */
function shapeOf({ name, type, mode, fields }: FieldSchema): unknown {
  return [name.toLowerCase(), type, mode === "REPEATED", fields?.map(shapeOf)];
}
