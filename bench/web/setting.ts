import { join } from "node:path";
import { pino } from "pino";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { createDbClient, type DbClient } from "../../server/db/client.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { insertCatalog } from "../../test/support/catalog.ts";
import { createDataDir, removeDataDir, startMaestro } from "../../test/support/start-maestro.ts";
import { type BenchTable, realistic } from "../runs/graphs.ts";

export const chromiumPath = "/usr/bin/chromium";
const root = join(import.meta.dirname, "../..");

export const tableCount = 10_000;
export const graphSize = 2_000;

export interface Setting {
  url: string;
  /** Of a run of `graphSize` tables. */
  runId: number;
  browser: Browser;
  /** A page in a new session, signed in, on an empty page: nothing of the app is in its cache. */
  visit(): Promise<Page>;
  close(): Promise<void>;
}

/** The production build, served by the real program over a catalog of 10,000 tables. */
export async function openSetting(log: (message: string) => void): Promise<Setting> {
  log("building the web app");
  await build({ configFile: join(root, "vite.config.ts"), logLevel: "warn" });
  const dataDir = await createDataDir();
  const postgres = await startEmbeddedPostgres({
    directory: join(dataDir, "postgres"),
    log: pino({ level: "silent" }),
  });
  await ensureDatabase(postgres, "web");
  const connectionString = postgres.connectionString("web");
  await migrateDatabase(connectionString);
  log(`writing ${tableCount} tables`);
  const runId = await fill(connectionString);
  const maestro = await startMaestro({
    dataDir: join(dataDir, "maestro"),
    role: "api",
    environment: {
      MAESTRO_DB_CONNECT: connectionString,
      MAESTRO_SECRET: "of the web app's bench",
      MAESTRO_LOCAL_CLOUD_URL: "http://127.0.0.1:9",
      MAESTRO_REQUESTS_PER_MINUTE: "1000000",
    },
  });
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
  const cookies = await signIn(browser, maestro.signInUrl);
  return {
    url: maestro.url,
    runId,
    browser,
    async visit() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
      await context.addCookies(cookies);
      return context.newPage();
    },
    async close() {
      await browser.close();
      await maestro.stop();
      await postgres.stop();
      await removeDataDir(dataDir);
    },
  };
}

async function signIn(browser: Browser, signInUrl: string) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(signInUrl);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function fill(connectionString: string): Promise<number> {
  const client = createDbClient({ connectionString, poolSize: 2, applicationName: "bench" });
  try {
    const tables = realistic(tableCount, 0).map(({ name, parents }) => ({ name, parents }));
    const ids = await insertCatalog(client.db, tables);
    const runId = await insertRun(client, ids, realistic(graphSize, "mixed"));
    await client.pool.query("analyze");
    return runId;
  } finally {
    await client.close();
  }
}

/** A run that has ended: the first tables of the catalog, in a graph of their own. */
async function insertRun(
  { db }: DbClient,
  ids: Map<string, number>,
  tables: BenchTable[],
): Promise<number> {
  const endedAt = new Date();
  const startedAt = new Date(endedAt.getTime() - 60_000);
  const [run] = await db
    .insert(runs)
    .values({ kind: "manual", state: "succeeded", createdAt: startedAt, endedAt })
    .returning({ id: runs.id });
  if (!run) throw new Error("an insert returned no row");
  const tableIds = [...ids.values()];
  const made = new Map<string, number>();
  for (const [index, { name, parents, durationMs }] of tables.entries()) {
    const [row] = await db
      .insert(tableRuns)
      .values({
        runId: run.id,
        tableId: tableIds[index] ?? 0,
        definition: tableDefinitionSchema.parse({
          dataset: "d",
          name,
          kind: "summary",
          query: "select 1",
        }),
        parentIds: parents.map((parent) => made.get(parent) ?? 0),
        state: "succeeded",
        readyAt: startedAt,
        startedAt,
        endedAt: new Date(startedAt.getTime() + durationMs),
      })
      .returning({ id: tableRuns.id });
    made.set(name, row?.id ?? 0);
  }
  return run.id;
}
