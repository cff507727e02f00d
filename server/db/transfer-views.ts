import { desc, eq, sql } from "drizzle-orm";
import { datasets, tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import type { TransferState, TransferView } from "../../shared/transfer.ts";
import type { Db } from "./client.ts";

const viewColumns = {
  transfer: transfers,
  tableName: sql<string>`${datasets.name} || '.' || ${tables.name}`,
  seconds: sql<
    number | null
  >`extract(epoch from coalesce(${transfers.endedAt}, clock_timestamp()) - ${transfers.startedAt})`.mapWith(
    Number,
  ),
};

/** The newest first. */
export async function selectTransfers(
  db: Db,
  filter: { limit: number; state?: TransferState },
): Promise<TransferView[]> {
  const rows = await db
    .select(viewColumns)
    .from(transfers)
    .innerJoin(tables, eq(tables.id, transfers.tableId))
    .innerJoin(datasets, eq(datasets.id, tables.datasetId))
    .where(filter.state === undefined ? undefined : eq(transfers.state, filter.state))
    .orderBy(desc(transfers.id))
    .limit(filter.limit);
  return rows.map(({ transfer, tableName, seconds }) => toView(transfer, tableName, seconds));
}

function toView(
  row: typeof transfers.$inferSelect,
  tableName: string,
  seconds: number | null,
): TransferView {
  const rowsPerSecond = seconds && row.rows > 0 ? row.rows / seconds : null;
  const rowsLeft = row.totalRows === null ? null : Math.max(0, row.totalRows - row.rows);
  const expectedEndAt =
    row.state === "running" && rowsPerSecond && rowsLeft !== null && row.startedAt
      ? new Date(row.startedAt.getTime() + ((seconds ?? 0) + rowsLeft / rowsPerSecond) * 1000)
      : null;
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    tableId: row.tableId,
    tableName,
    tableRunId: row.tableRunId,
    attempt: row.attempt,
    rows: row.rows,
    bytes: row.bytes,
    totalRows: row.totalRows,
    rowsPerSecond: rowsPerSecond === null ? null : Math.round(rowsPerSecond),
    expectedEndAt: expectedEndAt?.toISOString() ?? null,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
