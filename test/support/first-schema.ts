import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

export const migrationsFolder = join(import.meta.dirname, "../../drizzle/migrations");

export interface Journal {
  entries: { idx: number; when: number; tag: string }[];
}

export async function readJournal(folder = migrationsFolder): Promise<Journal> {
  return JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as Journal;
}

/** The schema of 0.1.0, the first version that shipped, in an empty database. */
export async function createFirstSchema(connectionString: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-migrations-"));
  const client = new pg.Client({ connectionString });
  try {
    await cp(migrationsFolder, folder, { recursive: true });
    const journal = await readJournal(folder);
    journal.entries.splice(1);
    await writeFile(join(folder, "meta/_journal.json"), JSON.stringify(journal));
    await client.connect();
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
    await rm(folder, { recursive: true, force: true });
  }
}
