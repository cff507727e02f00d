import { MaestroError } from "../../../shared/errors.ts";
import type { FieldSchema, TablePlan } from "../../../shared/table.ts";
import { selectChildIds } from "../../db/catalog-edges.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { emptyQuery } from "../../domain/empty-query.ts";
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
 * Which descendants other columns break. A child's SQL is dry-run twice: with a query of the present
 * columns in its parent's place, then with one of the new ones. Where only the second is refused, the
 * change breaks it; where the first is, nothing can be said. Where it passes and its own columns
 * change with it, its children are asked in the same way. What a broken table would leave behind is
 * not looked at: it runs no more.
 */
export async function findBrokenDescendants(
  deps: CheckDeps,
  table: { id: number; name: string } & Columns,
): Promise<Pick<TablePlan, "broken" | "unchecked">> {
  const broken = new Map<number, TablePlan["broken"][number]>();
  const unchecked = new Map<number, string>();
  const changed = new Map<string, Columns>([[table.name, table]]);
  const waiting = sameColumns(table) ? [] : await selectChildIds(deps.db, table.id);
  let checks = 0;
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    if (id === table.id || broken.has(id)) continue;
    checks += 1;
    const child = checks > mostChecked ? await nameOf(deps, id) : await check(deps, id, changed);
    if (child.kind === "unknown") unchecked.set(id, child.name);
    if (child.kind === "broken") broken.set(id, { id, name: child.name, message: child.message });
    if (child.kind !== "fine" || !isNews(child, changed.get(child.name))) continue;
    changed.set(child.name, child);
    waiting.push(...(await selectChildIds(deps.db, id)));
  }
  return { broken: [...broken.values()], unchecked: [...unchecked.values()] };
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
  return same(before, after);
}

function same(one: FieldSchema[], other: FieldSchema[]): boolean {
  return JSON.stringify(one.map(shapeOf)) === JSON.stringify(other.map(shapeOf));
}

/** Whether its children are to be asked: its columns change, otherwise than was known. */
function isNews(columns: Columns, known: Columns | undefined): boolean {
  return !sameColumns(columns) && !(known && same(known.after, columns.after));
}

/** REQUIRED reads as NULLABLE does. */
function shapeOf({ name, type, mode, fields }: FieldSchema): unknown {
  return [name.toLowerCase(), type, mode === "REPEATED", fields?.map(shapeOf)];
}
