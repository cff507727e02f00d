import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureDatabase, startEmbeddedPostgres } from "../../server/embedded/postgres.ts";
import { until } from "../support/api-client.ts";
import { createTestDatabase } from "../support/database.ts";

const holderProcess = join(import.meta.dirname, "../support/postgres-holder-process.ts");
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

test("a start after its holder was killed adopts the running server, and its data stay through a stop", async () => {
  const holder = fork(holderProcess, [directory], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(holder, "message");
  const held = await postmasterPid();
  holder.kill("SIGKILL");
  await once(holder, "exit");

  const second = await startEmbeddedPostgres({ directory, log });
  expect(second.adopted).toBe(true);
  expect(await postmasterPid()).toBe(held);
  await ensureDatabase(second, "maestro");
  await query(second.connectionString("maestro"), "create table kept as select 7 as n");
  await second.stop();
  await expect(postmasterPid()).rejects.toThrow("no postmaster.pid");

  const third = await startEmbeddedPostgres({ directory, log });
  expect(third.adopted).toBe(false);
  expect(await query(third.connectionString("maestro"), "select n from kept")).toEqual([{ n: 7 }]);
  await third.stop();
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

test("a server that dies while it is held is started again at the same address", async () => {
  const server = await startEmbeddedPostgres({ directory, log });
  await query(server.connectionString("postgres"), "create table kept as select 1 as n");
  const died = await postmasterPid();
  process.kill(died, "SIGKILL");
  const answer = await until(
    () => query(server.connectionString("postgres"), "select n from kept").catch(() => null),
    (rows) => rows !== null,
  );
  expect(answer).toEqual([{ n: 1 }]);
  expect(await postmasterPid()).not.toBe(died);
  await server.stop();
});
