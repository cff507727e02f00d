import { and, eq, sql } from "drizzle-orm";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { databases, tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import type { FieldSchema, TableDefinition } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/** All that an import reads before it starts. */
export interface ImportContext {
  definition: TableDefinition;
  lastId: string | null;
  watermarkResets: number;
  /** Of the import that was loaded last. */
  lastSchema: FieldSchema[] | null;
  /** The same for all attempts. */
  queuedAt: Date;
  /** Of its run, where that is one of a tick. */
  tick: { at: Date; frequency: typeof frequencies.$inferSelect } | null;
  database: typeof databases.$inferSelect | null;
}

/** The definition is the table run's (as it was at assembly); the watermark is the table's, now. */
export async function readImportContext(db: Db, tableRunId: number): Promise<ImportContext | null> {
  const [row] = await db
    .select({
      definition: tableRuns.definition,
      lastId: tables.lastId,
      watermarkResets: tables.watermarkResets,
      lastSchema: sql<FieldSchema[] | null>`(
        select x.result -> 'schema' from ${transfers} x join ${tableRuns} r on r.id = x.table_run_id
        where x.table_id = ${tables.id} and x.kind = 'import' and x.state = 'succeeded' and (
          r.state = 'succeeded' or exists (
            select from jobs j where j.table_run_id = r.id and j.step = 'load' and j.state = 'succeeded'))
        order by x.ended_at desc limit 1)`,
      queuedAt: transfers.createdAt,
      tickAt: runs.tickAt,
      frequency: frequencies,
      database: databases,
    })
    .from(tableRuns)
    .innerJoin(runs, eq(runs.id, tableRuns.runId))
    .leftJoin(frequencies, and(eq(frequencies.id, runs.frequencyId), eq(runs.kind, "tick")))
    .innerJoin(transfers, and(eq(transfers.tableRunId, tableRuns.id), eq(transfers.kind, "import")))
    .innerJoin(tables, eq(tables.id, tableRuns.tableId))
    .leftJoin(
      databases,
      eq(databases.id, sql`(${tableRuns.definition} ->> 'importDatabaseId')::bigint`),
    )
    .where(eq(tableRuns.id, tableRunId));
  if (!row) return null;
  const { tickAt, frequency, ...context } = row;
  return { ...context, tick: tickAt && frequency && { at: tickAt, frequency } };
}
