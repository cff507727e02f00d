import pg from "pg";
import { expect, test } from "vitest";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { createEmptyDatabase, type TestDatabase } from "../support/database.ts";
import { createFirstSchema, readJournal } from "../support/first-schema.ts";
import { until } from "../support/until.ts";

const countMigrations = "select count(*)::int as n from drizzle.__drizzle_migrations";

async function withClients(
  { connectionString }: TestDatabase,
  body: (one: pg.Client, other: pg.Client) => Promise<void>,
): Promise<void> {
  const clients = [0, 1].map(() => new pg.Client({ connectionString }));
  const [one, other] = clients as [pg.Client, pg.Client];
  await Promise.all(clients.map((client) => client.connect()));
  try {
    await body(one, other);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

test("a migration that has to wait for a long reader lets everybody else work, and comes after it", async () => {
  const database = await createEmptyDatabase();
  try {
    await createFirstSchema(database.connectionString);
    await withClients(database, async (reader, other) => {
      await reader.query("begin; select count(*) from jobs");
      const warnings: string[] = [];
      const log = { warn: (text: string) => warnings.push(text) };
      const migrated = migrateDatabase(database.connectionString, log as never);
      await until("it has let go and tried again", () => warnings.length > 1);
      await other.query("update jobs set error = null");
      expect((await other.query(countMigrations)).rows).toEqual([{ n: 1 }]);

      await reader.query("commit");
      await migrated;
      const { entries } = await readJournal();
      expect((await other.query(countMigrations)).rows).toEqual([{ n: entries.length }]);
    });
  } finally {
    await database.drop();
  }
});

test("a schema that is newer than this version is left as it is, and told", async () => {
  const database = await createEmptyDatabase();
  try {
    await migrateDatabase(database.connectionString);
    await withClients(database, async (client) => {
      await client.query("alter table jobs add column place text");
      await client.query(
        `insert into drizzle.__drizzle_migrations (hash, created_at)
         select 'x', max(created_at) + 1 from drizzle.__drizzle_migrations`,
      );
      const warnings: string[] = [];
      const log = { warn: (text: string) => warnings.push(text) };
      await migrateDatabase(database.connectionString, log as never);
      expect(warnings).toEqual([expect.stringContaining("newer Maestro, by 1 migrations")]);
      await client.query("select place from jobs");
    });
  } finally {
    await database.drop();
  }
});
