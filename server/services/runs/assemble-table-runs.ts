import type { AwaitedTick } from "../../../shared/run.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { TableRunStep } from "../../../shared/table-run-step.ts";
import type { FrequencyRow } from "../../db/frequencies.ts";
import {
  type CatalogTable,
  insertTableRuns,
  type NewTableRun,
  reserveTableRunIds,
  selectPastSeconds,
} from "../../db/run-assembly.ts";
import { forgetWatermarks } from "../../db/tables.ts";
import type { Transition } from "../../db/transition.ts";
import { conditionsHold } from "../../domain/condition.ts";
import { wallTimeOfTick } from "../../domain/frequency.ts";
import { computePriorities, longestRemaining } from "../../domain/graph.ts";
import { firstStep } from "../../domain/post-completion.ts";
import { awaitedTicks } from "./awaited-ticks.ts";

export interface Assembly {
  runId: number;
  tables: CatalogTable[];
  /** Conditions are asked at the tick; null for a manual run, in which everything chosen takes part. */
  tick: { at: Date; frequency: FrequencyRow } | null;
  /** Files of external tables that are uploaded already, by table id. */
  stagedObjects: ReadonlyMap<number, string[]>;
  /** Of the tables as they are, nothing but this is done. */
  delivery?: Delivery;
  /** The tables that a person named; absent where a frequency was started. */
  askedIds?: ReadonlySet<number>;
}

export type Delivery = "export" | "sheet";

/**
 * Writes the table runs of a run: the definitions as they are now, the graph among the tables that
 * take part, priorities (descendants, then the longest path in past durations). A table kept out by
 * its conditions is recorded as skipped and is no node of the graph: its children read its last
 * version. Returns how many take part.
 */
export async function assembleTableRuns(
  transition: Transition,
  { runId, tables, tick, stagedObjects, askedIds, delivery }: Assembly,
): Promise<number> {
  const { tx } = transition;
  const keptOut = tick ? tablesKeptOut(tables, tick) : new Map<number, string>();
  const taking = tables.filter(({ id }) => !keptOut.has(id));
  const tableIds = taking.map(({ id }) => id);
  const edges = taking.flatMap(({ id, parentIds }) =>
    parentIds.map((parent): [number, number] => [parent, id]),
  );
  const inRun = new Set(tableIds);
  const inner = edges.filter(([parent]) => inRun.has(parent));
  const graph = { ids: tableIds, edges: inner };
  const priorities = computePriorities(graph);
  const remaining = longestRemaining(graph, await selectPastSeconds(tx, tableIds));
  const outer = edges.filter(([parent]) => !inRun.has(parent) && !keptOut.has(parent));
  const awaits = tick ? await awaitedTicks(tx, tick, outer) : new Map<number, AwaitedTick[]>();
  const ids = await reserveTableRunIds(transition, tables.length);
  const idOf = new Map(tables.map(({ id }, index) => [id, ids[index] ?? 0]));
  const links = linksOf(inner, idOf);
  const awaitSeconds = tick && (tick.frequency.parentWaitSeconds ?? tick.frequency.periodSeconds);
  const rows = tables.map((table) =>
    toRow({
      table,
      id: idOf.get(table.id) ?? 0,
      parentIds: links.parents.get(table.id) ?? [],
      childIds: links.children.get(table.id) ?? [],
      priority: priorities.get(table.id) ?? 0,
      remainingSeconds: remaining.get(table.id) ?? 0,
      stagedObjects: stagedObjects.get(table.id) ?? [],
      awaits: awaits.get(table.id) ?? [],
      awaitSeconds,
      asked: askedIds?.has(table.id) ?? null,
      whyKeptOut: keptOut.get(table.id) ?? null,
      delivery: delivery ?? null,
    }),
  );
  await insertTableRuns(transition, runId, rows);
  if (tick) await forgetWatermarks(tx, tablesReimported(taking, tick));
  return taking.length;
}

type RowInput = Omit<
  NewTableRun,
  "tableId" | "definition" | "pendingParents" | "state" | "reason" | "step"
> & { table: CatalogTable; whyKeptOut: string | null; delivery: Delivery | null };

function toRow({ table, whyKeptOut, delivery, ...row }: RowInput): NewTableRun {
  const { id: tableId } = table;
  const definition = delivery ? deliveryOnly(table.definition, delivery) : table.definition;
  const pendingParents = row.parentIds.length + (row.awaits.length > 0 ? 1 : 0);
  const step = firstStepOf(definition, row.stagedObjects, delivery);
  const all = { ...row, tableId, definition, pendingParents, step };
  if (whyKeptOut === null) {
    return { ...all, state: pendingParents === 0 ? "ready" : "waiting", reason: null };
  }
  return { ...all, state: "skipped", reason: { code: "conditionFalse", text: whyKeptOut } };
}

function firstStepOf(
  definition: TableDefinition,
  stagedObjects: string[],
  delivery: Delivery | null,
): TableRunStep {
  if (delivery) return delivery === "export" ? "stage" : "sheet";
  return stagedObjects.length > 0 ? "load" : firstStep(definition.kind);
}

/** As it is stored with a table run of which no other step is asked. */
function deliveryOnly(definition: TableDefinition, delivery: Delivery): TableDefinition {
  return { ...definition, extract: false, sheet: delivery === "sheet", notifyUrls: [] };
}

function tablesKeptOut(
  tables: CatalogTable[],
  { at, frequency }: NonNullable<Assembly["tick"]>,
): Map<number, string> {
  const keptOut = new Map<number, string>();
  const wall = wallTimeOfTick(frequency, at);
  for (const { id, definition } of tables) {
    const answer = conditionsHold(definition.conditions, wall, frequency.timeZone);
    if (!answer.holds) keptOut.set(id, answer.reason);
  }
  return keptOut;
}

/**
 * The imports that take all rows anew at this tick. Their watermarks are forgotten, as by hand: if this
 * import fails, the next one that succeeds is the whole one.
 */
function tablesReimported(
  tables: CatalogTable[],
  { at, frequency }: NonNullable<Assembly["tick"]>,
): number[] {
  const wall = wallTimeOfTick(frequency, at);
  return tables.flatMap(({ id, definition }) => {
    const conditions = definition.reimportConditions ?? [];
    if (definition.kind !== "import" || conditions.length === 0) return [];
    return conditionsHold(conditions, wall, frequency.timeZone).holds ? [id] : [];
  });
}

/** Both directions of the edges, by table, as table-run ids. */
function linksOf(edges: [parent: number, child: number][], idOf: Map<number, number>) {
  const parents = new Map<number, number[]>();
  const children = new Map<number, number[]>();
  const add = (map: Map<number, number[]>, key: number, tableId: number) => {
    const list = map.get(key) ?? [];
    list.push(idOf.get(tableId) ?? 0);
    map.set(key, list);
  };
  for (const [parent, child] of edges) {
    add(parents, child, parent);
    add(children, parent, child);
  }
  return { parents, children };
}
