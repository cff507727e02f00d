import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresUrl: string;
    /** How often transfers are struck at each place: more than once in the soak. */
    transferRounds: number;
    mutations: number;
  }
}

/** One PostgreSQL for all test files, with a migrated template that each file clones. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), "maestro-test-postgres-"));
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({
    directory,
    log: pino({ level: "silent" }),
    settings: [
      ...["fsync=off", "synchronous_commit=off", "full_page_writes=off"],
      // Several files at once, some with a dozen daemons and the pool of each.
      "max_connections=500",
    ],
  });
  await ensureDatabase(server, "maestro_template");
  await migrateDatabase(server.connectionString("maestro_template"));
  const client = new pg.Client({ connectionString: server.connectionString("postgres") });
  await client.connect();
  await client.query("alter database maestro_template is_template true");
  await client.end();
  project.provide("postgresUrl", server.connectionString("postgres"));
  return async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
}
