import { and, eq, type SQL, sql } from "drizzle-orm";

import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { databases, tables } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import type { FieldSchema, TableDefinition } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/** The project where a run's tables are, or `local`; null for a run of an older Maestro. */
export function placeOf(cloud: SQL | typeof runs.cloud): SQL<string | null> {
  return sql`case when (${cloud} ->> 'isLocal')::boolean then 'local' else ${cloud} ->> 'projectId' end`;
}

/** The newest import of a table that was loaded, by what it is asked for. */
const lastLoaded = (what: SQL) => sql`(
  select ${what} from ${transfers} x join ${tableRuns} r on r.id = x.table_run_id join ${runs} u on u.id = r.run_id
  where x.table_id = ${tables.id} and x.kind = 'import' and x.state = 'succeeded' and (
    r.state = 'succeeded' or exists (
      select from jobs j where j.table_run_id = r.id and j.step = 'load' and j.state = 'succeeded'))
  order by x.ended_at desc limit 1)`;

/**
 * A watermark without a place is of where the newest import went. Where that is unknown too, it is of the
 * run's, unless any run was elsewhere.
 */
const isElsewhere = sql<boolean>`coalesce(
  coalesce(
    ${tables.lastIdPlace},
    ${lastLoaded(placeOf(sql`u.cloud`))},
    (select ${placeOf(sql`e.cloud`)} from ${runs} e
     where e.cloud is not null and ${placeOf(sql`e.cloud`)} <> ${placeOf(runs.cloud)} limit 1)
  ) <> ${placeOf(runs.cloud)}, false)`;

/** All that an import reads before it starts. */
export interface ImportContext {
  definition: TableDefinition;
  lastId: string | null;
  /** Whether the watermark is of another project than the run's: of rows that may not be in this one. */
  isLastIdElsewhere: boolean;
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
      isLastIdElsewhere: isElsewhere,
      lastSchema: sql<FieldSchema[] | null>`${lastLoaded(sql`x.result -> 'schema'`)}`,
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
