import { and, desc, eq, getTableColumns, lt, type SQL, sql } from "drizzle-orm";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import { databases, datasets, tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import type { TransferFilter, TransferView } from "../../shared/transfer.ts";
import type { Db } from "./client.ts";

const { result: _result, division: _division, ...shownColumns } = getTableColumns(transfers);

const viewColumns = {
  transfer: shownColumns,
  tableName: sql<string>`${datasets.name} || '.' || ${tables.name}`,
  runId: tableRuns.runId,
  databaseName: databases.name,
  target: sql<string | null>`${transfers.result} ->> 'target'`,
  parts: sql<TransferView["parts"]>`(
    select jsonb_build_object('count', count(*), 'done', count(*) filter (where p.state = 'done'),
      'rooms', count(distinct p.lease_owner) filter (where p.state = 'running'))
    from transfer_parts p where p.transfer_id = ${transfers.id} and p.transfer_fence = ${transfers.fence}
    having count(*) > 0)`,
  seconds: sql<
    number | null
  >`extract(epoch from coalesce(${transfers.endedAt}, clock_timestamp()) - ${transfers.startedAt})`.mapWith(
    Number,
  ),
};

type Row = Awaited<ReturnType<typeof select>>[number];

/** The newest first. */
export async function selectTransfers(db: Db, filter: TransferFilter): Promise<TransferView[]> {
  const equal: [keyof TransferFilter, SQL][] = [
    ["kind", sql`${transfers.kind} = ${filter.kind}`],
    ["state", sql`${transfers.state} = ${filter.state}`],
    ["tableId", sql`${transfers.tableId} = ${filter.tableId}`],
    ["databaseId", sql`${transfers.databaseId} = ${filter.databaseId}`],
    ["runId", sql`${tableRuns.runId} = ${filter.runId}`],
    ["beforeId", lt(transfers.id, filter.beforeId ?? 0)],
  ];
  const given = equal.flatMap(([name, holds]) => (filter[name] === undefined ? [] : [holds]));
  return (await select(db, and(...given), filter.limit)).map(toView);
}

/** Null where there is none. */
export async function selectTransfer(db: Db, id: number): Promise<TransferView | null> {
  const [row] = await select(db, eq(transfers.id, id), 1);
  return row ? toView(row) : null;
}

function select(db: Db, where: SQL | undefined, limit: number) {
  return db
    .select(viewColumns)
    .from(transfers)
    .innerJoin(tables, eq(tables.id, transfers.tableId))
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .innerJoin(tableRuns, eq(tableRuns.id, transfers.tableRunId))
    .leftJoin(databases, eq(databases.id, transfers.databaseId))
    .where(where)
    .orderBy(desc(transfers.id))
    .limit(limit);
}

function toView({ transfer: row, seconds, ...names }: Row): TransferView {
  const perSecond = (count: number) => (seconds && count > 0 ? count / seconds : null);
  const rowsPerSecond = perSecond(row.rows);
  const bytesPerSecond = perSecond(row.bytes);
  const isRunning = row.state === "running";
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    tableId: row.tableId,
    tableRunId: row.tableRunId,
    ...names,
    databaseId: row.databaseId,
    attempt: row.attempt,
    room: isRunning ? row.leaseOwner : null,
    isCancelling: isRunning && row.cancelRequestedAt !== null,
    statement: row.statement,
    rows: row.rows,
    bytes: row.bytes,
    totalRows: row.totalRows,
    rowsPerSecond: rowsPerSecond === null ? null : Math.round(rowsPerSecond),
    bytesPerSecond: bytesPerSecond === null ? null : Math.round(bytesPerSecond),
    expectedEndAt: expectedEnd(row, seconds, rowsPerSecond)?.toISOString() ?? null,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** At the rate so far; null where it cannot be told. */
function expectedEnd(
  { state, rows, totalRows, startedAt }: Row["transfer"],
  seconds: number | null,
  rowsPerSecond: number | null,
): Date | null {
  if (state !== "running" || totalRows === null || !rowsPerSecond || !startedAt) return null;
  const secondsLeft = Math.max(0, totalRows - rows) / rowsPerSecond;
  return new Date(startedAt.getTime() + ((seconds ?? 0) + secondsLeft) * 1000);
}
