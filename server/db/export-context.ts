import { and, desc, eq, sql } from "drizzle-orm";
import { jobs, tableRuns } from "../../drizzle/schema/runs.ts";
import { databases } from "../../drizzle/schema/tables.ts";
import type { TableDefinition } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/** All that an export reads before it starts. */
export interface ExportContext {
  /** The table run's, as it was at assembly. */
  definition: TableDefinition;
  database: typeof databases.$inferSelect | null;
  /** Where its newest stage job has written, in the bucket; with a slash at its end. */
  stagedPrefix: string;
}

/** Null where the table run is gone, or was never staged. */
export async function readExportContext(db: Db, tableRunId: number): Promise<ExportContext | null> {
  const [row] = await db
    .select({
      definition: tableRuns.definition,
      database: databases,
      uri: sql<string>`${jobs.configuration} #>> '{extract,destinationUris,0}'`,
    })
    .from(tableRuns)
    .innerJoin(jobs, eq(jobs.tableRunId, tableRuns.id))
    .leftJoin(
      databases,
      eq(databases.id, sql`(${tableRuns.definition} ->> 'exportDatabaseId')::bigint`),
    )
    .where(and(eq(tableRuns.id, tableRunId), eq(jobs.step, "stage"), eq(jobs.state, "succeeded")))
    .orderBy(desc(jobs.attempt))
    .limit(1);
  if (!row) return null;
  const { uri, ...context } = row;
  return { ...context, stagedPrefix: uri.replace(/^gs:\/\/[^/]+\//, "").replace(/[^/]*$/, "") };
}
