import { join } from "node:path";
import { pino } from "pino";
import { jobs, runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { users } from "../../drizzle/schema/users.ts";
import { createDbClient, type DbClient } from "../../server/db/client.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { createToken } from "../../server/services/access/create-token.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { insertCatalog } from "../../test/support/catalog.ts";
import { createDataDir, removeDataDir } from "../../test/support/start-maestro.ts";

const tableCount = 1_000;

export interface Setting {
  dataDir: string;
  connectionString: string;
  /** An API token that may read. */
  token: string;
  close(): Promise<void>;
}

/** A PostgreSQL of its own with a catalog, and a job of each of its tables in one ended run. */
export async function openSetting(): Promise<Setting> {
  const dataDir = await createDataDir();
  const postgres = await startEmbeddedPostgres({
    directory: join(dataDir, "postgres"),
    log: pino({ level: "silent" }),
  });
  await ensureDatabase(postgres, "api");
  const connectionString = postgres.connectionString("api");
  await migrateDatabase(connectionString);
  const client = createDbClient({ connectionString, poolSize: 2, applicationName: "bench" });
  try {
    await insertJobs(client);
    const token = await insertToken(client);
    await client.pool.query("analyze");
    return {
      dataDir,
      connectionString,
      token,
      async close() {
        await postgres.stop();
        await removeDataDir(dataDir);
      },
    };
  } finally {
    await client.close();
  }
}

async function insertToken({ db }: DbClient): Promise<string> {
  const [user] = await db
    .insert(users)
    .values({ email: "reader@bench", disabled: false })
    .returning();
  if (!user) throw new Error("an insert returned no row");
  const input = { name: "bench", scopes: ["read" as const], expiresDays: null };
  return (await createToken({ db }, user, input)).token;
}

async function insertJobs({ db }: DbClient): Promise<void> {
  const names = Array.from({ length: tableCount }, (_, index) => `table_${index}`);
  const ids = await insertCatalog(
    db,
    names.map((name) => ({ name })),
  );
  const endedAt = new Date("2026-03-01T06:01:00Z");
  const startedAt = new Date("2026-03-01T06:00:00Z");
  const [run] = await db
    .insert(runs)
    .values({ kind: "manual", state: "succeeded", createdAt: startedAt, endedAt })
    .returning();
  if (!run) throw new Error("an insert returned no row");
  for (const name of names) {
    const tableId = ids.get(name) ?? 0;
    const definition = tableDefinitionSchema.parse({
      dataset: "d",
      name,
      kind: "summary",
      query: "select 1",
    });
    const moments = { startedAt, endedAt };
    const [tableRun] = await db
      .insert(tableRuns)
      .values({ runId: run.id, tableId, definition, state: "succeeded", ...moments })
      .returning();
    const source = { projectId: "raw", datasetId: "events", tableId: name };
    await db.insert(jobs).values({
      tableRunId: tableRun?.id ?? 0,
      tableId,
      step: "query",
      attempt: 1,
      bqJobId: `maestro_bench_${tableId}_query_1`,
      configuration: { query: { query: `select '${name}' as name` } },
      configurationHash: name,
      state: "succeeded",
      statistics: { query: { referencedTables: [source] } },
      bytesProcessed: 2_000_000,
      bytesBilled: 10_485_760,
      slotMs: 1_200,
      cacheHit: false,
      createdAt: startedAt,
      ...moments,
    });
  }
}
