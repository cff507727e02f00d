import { MaestroError } from "../../../shared/errors.ts";
import type { FieldSchema, TableDefinition, TablePlan } from "../../../shared/table.ts";
import type { DryRunStatistics } from "../../connectors/warehouse.ts";
import {
  matchNames,
  selectChildIds,
  selectEdges,
  selectParentIds,
  selectReadersOfName,
} from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import type { StoredReference } from "../../db/table-references.ts";
import { definitionOf, selectTable } from "../../db/tables.ts";
import { findCycleThrough } from "../../domain/graph.ts";
import { priceBytes } from "../costs/price-bytes.ts";
import { readPrice } from "../costs/read-price.ts";
import type { Deps } from "../deps.ts";
import { findBrokenDescendants } from "./find-broken-descendants.ts";
import { inferReferences } from "./infer-references.ts";

const timeoutMs = 30_000;

/** Stands for a table that is not saved yet; ids begin at 1. */
const unsavedId = 0;

/** What saving the definition would do to the graph, the columns and the bytes. Saves nothing. */
export async function planTable(
  deps: Pick<Deps, "db" | "sqlParser" | "warehouse" | "secretBox" | "givenSettings">,
  definition: TableDefinition,
  id: number | null,
): Promise<TablePlan> {
  const { db } = deps;
  const ownId = id ?? unsavedId;
  const inference = await inferReferences(deps, definition, { dryRunTimeoutMs: timeoutMs });
  const [parents, before, current, saved] = await Promise.all([
    parentsOf(db, inference.references, ownId),
    id === null ? Promise.resolve<number[]>([]) : selectParentIds(db, id),
    deps.warehouse.getTable(definition.dataset, definition.name).catch(() => null),
    id === null ? null : dryRunSaved(deps, id),
  ]);
  const after = new Set(parents);
  const names = await namesOf(db);
  const nameOf = (tableId: number) =>
    tableId === ownId
      ? `${definition.dataset}.${definition.name}`
      : (names.get(tableId) ?? String(tableId));
  const cycle = await findCycle(db, definition, ownId, parents);
  const { pricePerTib } = await readPrice(deps);
  const statistics = inference.dryRun.kind === "done" ? inference.dryRun.statistics : null;
  const appended =
    definition.disposition === "append" && current && statistics
      ? appendColumns(current.schema, statistics.schema)
      : null;
  const columns = {
    before: current?.schema ?? saved?.schema ?? null,
    after: appended?.columns ?? statistics?.schema ?? null,
  };
  const priceOf = (bytes: number | undefined) =>
    bytes === undefined ? null : priceBytes(bytes, pricePerTib);
  return {
    cycle: cycle?.map(nameOf) ?? null,
    newParents: parents.filter((parent) => !before.includes(parent)).map(nameOf),
    droppedParents: before.filter((parent) => !after.has(parent)).map(nameOf),
    ...compareColumns(columns.before, columns.after),
    bytes: statistics?.bytesProcessed ?? null,
    price: priceOf(statistics?.bytesProcessed),
    bytesBefore: saved?.bytesProcessed ?? null,
    priceBefore: priceOf(saved?.bytesProcessed),
    ...(await brokenBy(deps, nameOf(ownId), id, columns)),
    warnings: [...inference.warnings, ...(appended?.refusals ?? [])],
  };
}

/** What is saved now, for comparison; null where it is no query or cannot be dry-run. */
async function dryRunSaved(
  deps: Pick<Deps, "db" | "warehouse">,
  id: number,
): Promise<DryRunStatistics | null> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { kind, query, legacySql, dataset } = definitionOf(found.row, found.dataset);
  if (kind !== "summary" || query.trim() === "") return null;
  return deps.warehouse.dryRun(query, { legacySql, defaultDataset: dataset }).catch(() => null);
}

async function brokenBy(
  deps: Pick<Deps, "db" | "warehouse">,
  name: string,
  id: number | null,
  { before, after }: { before: FieldSchema[] | null; after: FieldSchema[] | null },
): Promise<Pick<TablePlan, "broken" | "unchecked">> {
  if (id === null || before === null || after === null) return { broken: [], unchecked: [] };
  return findBrokenDescendants(deps, { id, name, before, after });
}

async function parentsOf(db: Db, references: StoredReference[], ownId: number): Promise<number[]> {
  const matches = await matchNames(db, references);
  const ignored = new Set(
    matches.filter(({ index }) => references[index]?.ignored).map((match) => match.id),
  );
  const parents = matches.filter(({ id }) => id !== ownId && !ignored.has(id));
  return [...new Set(parents.map((match) => match.id))];
}

async function findCycle(
  db: Db,
  definition: TableDefinition,
  ownId: number,
  parents: number[],
): Promise<number[] | null> {
  // Who reads it after the save: the readers of the name that it will have.
  const renamed = await selectReadersOfName(db, definition.dataset, definition.name);
  const children = ownId === unsavedId ? [] : await selectChildIds(db, ownId);
  const readers = new Set([...renamed, ...children].filter((reader) => reader !== ownId));
  if (parents.length === 0 || readers.size === 0) return null;
  const others = (await selectEdges(db)).filter(
    ([parent, child]) => parent !== ownId && child !== ownId,
  );
  const edges = [
    ...others,
    ...parents.map((parent): [number, number] => [parent, ownId]),
    ...[...readers].map((reader): [number, number] => [ownId, reader]),
  ];
  return findCycleThrough({ ids: [...new Set(edges.flat())], edges }, ownId);
}

async function namesOf(db: Db): Promise<Map<number, string>> {
  const rows = await selectTableStatuses(db);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** A run that appends adds columns, keeps those that its query lacks, and fails where a type differs. */
function appendColumns(stored: FieldSchema[], query: FieldSchema[]) {
  const kept = new Map(stored.map((field) => [field.name.toLowerCase(), typeText(field)]));
  return {
    columns: [...stored, ...query.filter(({ name }) => !kept.has(name.toLowerCase()))],
    refusals: query.flatMap((field) => {
      const has = kept.get(field.name.toLowerCase());
      const gets = typeText(field);
      return has === undefined || has === gets
        ? []
        : [`its runs will fail: column ${field.name} is ${has} and cannot be appended ${gets}`];
    }),
  };
}

function compareColumns(
  before: FieldSchema[] | null,
  after: FieldSchema[] | null,
): Pick<TablePlan, "columnsAdded" | "columnsRemoved" | "columnsChanged"> {
  if (!before || !after) return { columnsAdded: [], columnsRemoved: [], columnsChanged: [] };
  const old = new Map(before.map((field) => [field.name, typeText(field)]));
  const fresh = new Map(after.map((field) => [field.name, typeText(field)]));
  return {
    columnsAdded: [...fresh.keys()].filter((name) => !old.has(name)),
    columnsRemoved: [...old.keys()].filter((name) => !fresh.has(name)),
    columnsChanged: [...fresh].flatMap(([name, to]) => {
      const from = old.get(name);
      return from === undefined || from === to ? [] : [{ name, from, to }];
    }),
  };
}

function typeText(field: FieldSchema): string {
  const inner = field.fields
    ? `${field.type}<${field.fields.map((one) => `${one.name} ${typeText(one)}`).join(", ")}>`
    : field.type;
  return field.mode === "REPEATED" ? `ARRAY<${inner}>` : inner;
}
