import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openPostgresSource } from "../../server/connectors/postgres-source.ts";
import type { SharedSnapshot, Source } from "../../server/connectors/source.ts";
import { until } from "../support/until.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

/* Several connections read one snapshot, or are told that they cannot. */

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSourceDatabase();
});
afterAll(() => source.drop());
beforeEach(async () => {
  await source.query(`drop table if exists events;
    create table events as select i as id from generate_series(1, 100) i`);
});

const table = { schema: "public", name: "events" };

async function withConnection<T>(
  work: (connection: Source) => Promise<T>,
  address = source.address,
): Promise<T> {
  const { signal } = new AbortController();
  const connection = await openPostgresSource(address, { statementTimeoutSeconds: 60, signal });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** What `work` does while the snapshot is there. */
const whileShared = <T>(work: (shared: SharedSnapshot, first: Source) => Promise<T>) =>
  withConnection(async (first) => {
    await first.findTable({ schema: null, name: "events" });
    await first.begin();
    const shared = await first.parts?.share();
    if (!shared) throw new Error("not shared");
    return work(shared, first);
  });

const join = (shared: SharedSnapshot, address = source.address) =>
  withConnection((other) => other.parts?.join(shared, table) ?? Promise.resolve(null), address);

async function countRows(connection: Source): Promise<number> {
  const select = "select id from events";
  const { columns } = await connection.describe(select);
  const stream = connection.rows(select, columns);
  stream.resume();
  await new Promise((resolve) => stream.once("end", resolve));
  return stream.rows;
}

test("whoever joins sees the rows of then, whatever was committed since", async () => {
  await whileShared(async (shared, first) => {
    await source.query("delete from events where id > 10");
    await withConnection(async (other) => {
      expect(await other.parts?.join(shared, table)).toBe(true);
      expect(await countRows(other)).toBe(100);
    });
    await first.parts?.confirm();
    expect(await countRows(first)).toBe(100);
  });
  await withConnection(async (later) => {
    await later.findTable({ schema: null, name: "events" });
    await later.begin();
    expect(await countRows(later)).toBe(10);
  });
});

test("a snapshot whose connection has ended is not to be had, nor one of another server", async () => {
  const shared = await whileShared(async (each) => {
    expect(await join({ ...each, server: "1" })).toBe(false);
    return each;
  });
  expect(await join(shared)).toBe(false);
});

test("nor one of another database of the server", async () => {
  const other = await createSourceDatabase();
  try {
    expect(await whileShared((shared) => join(shared, other.address))).toBe(false);
  } finally {
    await other.drop();
  }
});

test("behind somebody who waits to alter the table nobody joins, and the first one reads on", async () => {
  const writer = new pg.Client({ connectionString: source.connectionString });
  await writer.connect();
  try {
    let altering: Promise<unknown> = Promise.resolve();
    await whileShared(async (shared, first) => {
      altering = writer.query("alter table events add column name text");
      await until("it waits", async () => {
        const [row] = await source.query(
          "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        return row?.["n"] === 1;
      });
      expect(await join(shared)).toBe(false);
      expect(await countRows(first)).toBe(100);
      await first.parts?.confirm();
    });
    await altering;
  } finally {
    await writer.end();
  }
});

test("a connection that broke does not confirm its snapshot", async () => {
  await whileShared(async (_shared, first) => {
    await source.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'maestro import' and datname = current_database()`);
    await expect(first.parts?.confirm()).rejects.toMatchObject({
      code: "database",
      retryable: true,
    });
  });
});
