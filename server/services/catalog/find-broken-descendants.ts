import { MaestroError } from "../../../shared/errors.ts";
import type { FieldSchema, TablePlan } from "../../../shared/table.ts";
import { selectEdges } from "../../db/catalog-edges.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { emptyQuery } from "../../domain/empty-query.ts";
import { descendantsOf, topologicalOrder } from "../../domain/graph.ts";
import { replaceTables } from "../../domain/table-references/replace-tables.ts";
import type { Deps } from "../deps.ts";

/** Each is two dry runs, and somebody waits for the answer. */
const mostChecked = 40;

type CheckDeps = Pick<Deps, "db" | "warehouse">;

interface Columns {
  before: FieldSchema[];
  after: FieldSchema[];
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
): Promise<Pick<TablePlan, "broken" | "unchecked">> {
  const broken: TablePlan["broken"] = [];
  const unchecked: string[] = [];
  if (sameColumns(table)) return { broken, unchecked };
  const changed = new Map<string, Columns>([[table.name, table]]);
  const { order, childrenOf } = await descendantsInOrder(deps, table.id);
  const asked = new Set(childrenOf(table.id));
  let checks = 0;
  for (const id of order) {
    if (!asked.has(id)) continue;
    checks += 1;
    const child = checks > mostChecked ? await nameOf(deps, id) : await check(deps, id, changed);
    if (child.kind === "unknown") unchecked.push(child.name);
    if (child.kind === "broken") broken.push({ id, name: child.name, message: child.message });
    if (child.kind !== "fine" || sameColumns(child)) continue;
    changed.set(child.name, child);
    for (const below of childrenOf(id)) asked.add(below);
  }
  return { broken, unchecked };
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
  | ({ kind: "fine"; name: string } & Columns)
  | { kind: "broken"; name: string; message: string }
  | { kind: "unknown"; name: string };

async function nameOf({ db }: CheckDeps, id: number): Promise<Outcome> {
  const found = await selectTable(db, id);
  return { kind: "unknown", name: found ? `${found.dataset}.${found.row.name}` : String(id) };
}

async function check(
  { db, warehouse }: CheckDeps,
  id: number,
  changed: Map<string, Columns>,
): Promise<Outcome> {
  const found = await selectTable(db, id);
  if (!found) return { kind: "unknown", name: String(id) };
  const definition = definitionOf(found.row, found.dataset);
  const name = `${definition.dataset}.${definition.name}`;
  if (definition.kind !== "summary" || definition.legacySql) return { kind: "unknown", name };
  const tryWith = async (side: keyof Columns) => {
    const { sql, replaced } = replaceTables(definition.query, warehouse.projectId, (parent) => {
      const columns = changed.get(parent)?.[side];
      return columns === undefined ? null : emptyQuery(columns);
    });
    if (replaced === 0) return null;
    const options = { legacySql: false, defaultDataset: definition.dataset };
    return warehouse.dryRun(sql, options).then(
      ({ schema }) => ({ schema, refusal: null }),
      (error: unknown) => ({ schema: null, refusal: refusalOf(error) }),
    );
  };
  const [before, after] = await Promise.all([tryWith("before"), tryWith("after")]);
  if (!before?.schema || !after) return { kind: "unknown", name };
  if (after.schema) return { kind: "fine", name, before: before.schema, after: after.schema };
  return after.refusal === null
    ? { kind: "unknown", name }
    : { kind: "broken", name, message: after.refusal };
}

/** Of SQL that is refused; null where the warehouse could not be asked. */
function refusalOf(error: unknown): string | null {
  const refused = ["invalidSql", "notFound", "invalidInput"];
  return error instanceof MaestroError && refused.includes(error.code) ? error.message : null;
}

function sameColumns({ before, after }: Columns): boolean {
  return JSON.stringify(before.map(shapeOf)) === JSON.stringify(after.map(shapeOf));
}

/** REQUIRED reads as NULLABLE does. */
function shapeOf({ name, type, mode, fields }: FieldSchema): unknown {
  return [name.toLowerCase(), type, mode === "REPEATED", fields?.map(shapeOf)];
}
