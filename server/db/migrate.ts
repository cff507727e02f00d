import { join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { locks } from "./locks.ts";

/** Brings the schema up to date: forward only, one process at a time, under an advisory lock. */
export async function migrateDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, application_name: "maestro migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [locks.migration]);
    await migrate(drizzle(client), {
      migrationsFolder: join(import.meta.dirname, "../../drizzle/migrations"),
    });
  } finally {
    await client.end();
  }
}
