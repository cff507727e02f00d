import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { createTestDatabase } from "../support/database.ts";

const log = pino({ level: "silent" });
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-postgres-"));
  await chmod(directory, 0o755);
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
}

async function postmasterPid(): Promise<number> {
  for (const home of ["server/cluster", "cluster"]) {
    const text = await readFile(join(directory, home, "postmaster.pid"), "utf8").catch(() => null);
    if (text) return Number(text.split("\n")[0]);
  }
  throw new Error("no postmaster.pid");
}

test("a second start adopts the running server, and its data stay through stop and kill", async () => {
  const first = await startEmbeddedPostgres({ directory, log });
  await ensureDatabase(first, "maestro");
  await query(first.connectionString("maestro"), "create table kept as select 7 as n");

  const second = await startEmbeddedPostgres({ directory, log });
  expect(second.adopted).toBe(true);
  expect(await query(second.connectionString("maestro"), "select n from kept")).toEqual([{ n: 7 }]);

  process.kill(await postmasterPid(), "SIGKILL");
  const third = await startEmbeddedPostgres({ directory, log });
  expect(await query(third.connectionString("maestro"), "select n from kept")).toEqual([{ n: 7 }]);

  await third.stop();
  await expect(postmasterPid()).rejects.toThrow("no postmaster.pid");
});

test("it asks for the password, on the loopback address alone", async () => {
  const server = await startEmbeddedPostgres({ directory, log });
  const wrong = new URL(server.connectionString("postgres"));
  wrong.password = "guess";
  await expect(query(wrong.toString(), "select 1")).rejects.toThrow(
    /password authentication failed/,
  );
  expect(await query(server.connectionString("postgres"), "show listen_addresses")).toEqual([
    { listen_addresses: "127.0.0.1" },
  ]);
  await server.stop();
});

test("a migrated database refuses rows that break the model", async () => {
  const database = await createTestDatabase();
  await query(database.connectionString, "insert into datasets (name) values ('d')");
  await expect(
    query(
      database.connectionString,
      "insert into tables (dataset_id, name, kind) values (1, 't', 'import')",
    ),
  ).rejects.toThrow(/tables_import_database/);
  await database.drop();
});
