import { and, eq, isNull, sql } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { runs } from "../../drizzle/schema/runs.ts";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import type { Condition } from "../../shared/condition.ts";
import type { AwaitedTick, Reason, TableRunState } from "../../shared/run.ts";
import type { TableDefinition } from "../../shared/table.ts";
import { keptJson } from "../../shared/text.ts";
import { edgesInto } from "./catalog-edges.ts";
import type { Db } from "./client.ts";
import type { FrequencyRow } from "./frequencies.ts";
import { idArray } from "./sql-text.ts";
import { definitionOf } from "./tables.ts";
import type { Transition } from "./transition.ts";

/** The run of a frequency that has not ended; null where there is none. */
export async function unfinishedRunOf(tx: Db, frequencyId: number): Promise<number | null> {
  const [row] = await tx
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.frequencyId, frequencyId), isNull(runs.endedAt)));
  return row?.id ?? null;
}

export async function insertRun(
  tx: Db,
  values: Pick<typeof runs.$inferInsert, "kind" | "frequencyId" | "tickAt" | "startedBy"> &
    Pick<Partial<typeof runs.$inferInsert>, "request" | "missed" | "cloud">,
): Promise<number> {
  const [row] = await tx.insert(runs).values(values).returning({ id: runs.id });
  if (!row) throw new Error("an insert returned no row");
  return row.id;
}

export interface CatalogTable {
  id: number;
  frequencyId: number | null;
  definition: TableDefinition;
  /** The tables that it is made from, whether they are asked for beside it or not. */
  parentIds: number[];
}

/** What a person calls these tables, and whether they are deleted; in the order of their ids. */
export async function selectNames(
  tx: Db,
  tableIds: number[],
): Promise<{ id: number; name: string; isDeleted: boolean }[]> {
  return tx
    .select({
      id: tables.id,
      name: sql<string>`${datasets.name} || '.' || ${tables.name}`,
      isDeleted: sql<boolean>`${tables.deletedAt} is not null`,
    })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(sql`${tables.id} = any(${idArray(tableIds)})`)
    .orderBy(tables.id);
}

/** Other runs that have not ended and hold any of these tables, unfinished; the oldest first. */
export async function selectRunsWith(
  tx: Db,
  tableIds: number[],
  exceptRunId: number,
): Promise<number[]> {
  const { rows } = await tx.execute<{ id: number }>(sql`
    select distinct t.run_id::float8 as id from table_runs t
    where t.state in ('waiting', 'ready', 'running') and t.run_id <> ${exceptRunId}
      and t.table_id = any(${idArray(tableIds)})
    order by 1 limit 20`);
  return rows.map(({ id }) => id);
}

/**
 * The tables of a frequency, or those named, that are not deleted. One statement, and so one moment:
 * of a table that is saved meanwhile, the definition and the parents are of the same version.
 */
export async function selectTablesToRun(
  tx: Db,
  choice: { frequencyId: number } | { tableIds: number[] },
): Promise<CatalogTable[]> {
  const chosen =
    "frequencyId" in choice
      ? eq(tables.frequencyId, choice.frequencyId)
      : sql`${tables.id} = any(${idArray(choice.tableIds)})`;
  const parentIds = sql<number[]>`array(
    select e.parent::float8 from (${edgesInto(sql`${tables.id}`)}) e)`;
  const rows = await tx
    .select({ table: tables, dataset: datasets.name, parentIds })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(and(chosen, isNull(tables.deletedAt)))
    .orderBy(tables.id);
  return rows.map(({ table, dataset, parentIds }) => ({
    id: table.id,
    frequencyId: table.frequencyId,
    definition: definitionOf(table, dataset),
    parentIds,
  }));
}

export interface ParentFrequency {
  tableId: number;
  tableName: string;
  conditions: Condition[];
  frequency: FrequencyRow;
}

/** The frequencies of tables that have an active one. */
export async function selectFrequenciesOf(tx: Db, tableIds: number[]): Promise<ParentFrequency[]> {
  return tx
    .select({
      tableId: tables.id,
      tableName: sql<string>`${datasets.name} || '.' || ${tables.name}`,
      conditions: tables.conditions,
      frequency: frequencies,
    })
    .from(tables)
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .innerJoin(frequencies, eq(frequencies.id, tables.frequencyId))
    .where(
      sql`${tables.id} = any(${idArray(tableIds)}) and ${tables.deletedAt} is null
        and ${frequencies.active}`,
    );
}

/** Seconds that each table's newest successful table run took from its start to its end. */
export async function selectPastSeconds(tx: Db, tableIds: number[]): Promise<Map<number, number>> {
  const { rows } = await tx.execute<{ id: number; seconds: number }>(sql`
    select t.id::float8 as id, p.seconds
    from unnest(${idArray(tableIds)}) as t(id)
    cross join lateral (
      select extract(epoch from r.ended_at - r.started_at)::float8 as seconds
      from table_runs r
      where r.table_id = t.id and r.state = 'succeeded'
      order by r.id desc limit 1) p
    where p.seconds is not null`);
  return new Map(rows.map(({ id, seconds }) => [id, seconds]));
}

export interface NewTableRun {
  id: number;
  tableId: number;
  definition: TableDefinition;
  parentIds: number[];
  childIds: number[];
  pendingParents: number;
  priority: number;
  remainingSeconds: number;
  state: TableRunState;
  reason: Reason | null;
  step: string;
  stagedObjects: string[];
  awaits: AwaitedTick[];
  awaitSeconds: number | null;
  asked: boolean | null;
}

/** Ids for rows that name one another before they are there. */
export async function reserveTableRunIds(transition: Transition, count: number): Promise<number[]> {
  const rows = await transition.query<{ id: number }>(
    "reserve table runs",
    `select nextval(pg_get_serial_sequence('table_runs', 'id'))::float8 as id
     from generate_series(1, $1)`,
    [count],
  );
  return rows.map(({ id }) => id);
}

/**
 * One JSON text of all would grow past what PostgreSQL takes, 256 MB: large queries, many tables. A
 * character takes up to three bytes.
 */
const rowsAtOnce = 500;
const charactersAtOnce = 32_000_000;

/** As JSON arrays. */
function* inBatches(rows: NewTableRun[]): Generator<string> {
  let batch: string[] = [];
  let characters = 0;
  for (const row of rows) {
    const text = keptJson(row);
    const isFull = batch.length === rowsAtOnce || characters + text.length > charactersAtOnce;
    if (isFull && batch.length > 0) {
      yield `[${batch.join(",")}]`;
      batch = [];
      characters = 0;
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield `[${batch.join(",")}]`;
}

export async function insertTableRuns(
  transition: Transition,
  runId: number,
  rows: NewTableRun[],
): Promise<void> {
  for (const batch of inBatches(rows)) {
    await transition.query("insert table runs", insertTableRunsText, [runId, batch]);
  }
}

/** $1 the run, $2 table runs as JSON. */
const insertTableRunsText = `
  insert into table_runs (id, run_id, table_id, definition, parent_ids, child_ids,
    pending_parents, priority, remaining_seconds, state, reason, step, staged_objects, awaits,
    awaited, asked, await_until, ready_at, ended_at)
  overriding system value
  select id, $1, "tableId", definition, "parentIds", "childIds", "pendingParents", priority,
    "remainingSeconds", state, reason, step, "stagedObjects", awaits, awaits, asked,
    clock_timestamp() + make_interval(secs => "awaitSeconds"),
    case state when 'ready' then clock_timestamp() end,
    case state when 'skipped' then clock_timestamp() end
  from jsonb_to_recordset($2::jsonb) as n(id bigint, "tableId" bigint, definition jsonb,
    "parentIds" bigint[], "childIds" bigint[], "pendingParents" int, priority int,
    "remainingSeconds" float8, state text, reason jsonb, step text, "stagedObjects" text[],
    awaits jsonb, "awaitSeconds" float8, asked boolean)`;
