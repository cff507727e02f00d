import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

export interface TestDatabase {
  connectionString: string;
  drop(): Promise<void>;
}

/** A database of the test's own: migrated, empty. `drop` it in `afterAll`. */
export function createTestDatabase(): Promise<TestDatabase> {
  return cloneDatabase("maestro_template");
}

/** An empty database without Maestro's schema, as a source of imports. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return cloneDatabase("template0");
}

async function cloneDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await administer(`create database ${name} template ${template}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${name}`;
  return {
    connectionString: url.toString(),
    drop: () => administer(`drop database if exists ${name} with (force)`),
  };
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  try {
    // Two clones of one template at once are refused: take turns.
    await client.query("select pg_advisory_lock(42)");
    await client.query(statement);
  } finally {
    await client.end();
  }
}
