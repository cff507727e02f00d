import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { openPostgresSource } from "../../server/connectors/postgres-source.ts";
import { until } from "../support/until.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSourceDatabase();
});
afterAll(() => source.drop());

/** A transaction that empties the table and fills it again; what `read` does meanwhile waits for it. */
async function whileRewritten<T>(
  rewrite: string,
  read: (address: DatabaseAddress) => Promise<T>,
  address = source.address,
): Promise<T> {
  const writer = new pg.Client({ connectionString: source.connectionString });
  await writer.connect();
  try {
    await writer.query("begin");
    await writer.query(rewrite);
    const reading = read(address);
    reading.catch(() => undefined);
    await until("the reader waits", async () => {
      const [row] = await source.query(
        "select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      return row?.["n"] === 1;
    });
    await writer.query("commit");
    return await reading;
  } finally {
    await writer.end();
  }
}

const open = (address: DatabaseAddress) =>
  openPostgresSource(address, {
    statementTimeoutSeconds: 60,
    signal: new AbortController().signal,
  });

const readIds = (table: string) => async (address: DatabaseAddress) => {
  const connection = await open(address);
  try {
    await connection.findTable({ schema: null, name: table });
    await connection.begin();
    const select = `select id from ${table}`;
    const { columns } = await connection.describe(select);
    const rows: Buffer[] = [];
    for await (const chunk of connection.rows(select, columns)) rows.push(chunk as Buffer);
    return Buffer.concat(rows).toString("utf8").trim().split("\n").sort();
  } finally {
    await connection.close();
  }
};

const refill = (table: string) =>
  `truncate ${table}; insert into ${table} select generate_series(11, 13)`;
const refilled = ['"11"', '"12"', '"13"'];

test("a table that is emptied and filled again in one transaction is read full", async () => {
  await source.query("create table plain as select generate_series(1, 5) as id");
  expect(await whileRewritten(refill("plain"), readIds("plain"))).toEqual(refilled);
});

test("so is one below a view, and a partition", async () => {
  await source.query(`create table below as select generate_series(1, 5) as id;
    create view above as select * from below;
    create table parts (id int) partition by range (id);
    create table part partition of parts for values from (0) to (100);
    insert into parts select generate_series(1, 5)`);
  expect(await whileRewritten(refill("below"), readIds("above"))).toEqual(refilled);
  expect(await whileRewritten(refill("part"), readIds("parts"))).toEqual(refilled);
});

test("and for a user who may read some columns alone", async () => {
  await source.query(`create table partly (id int, secret text); insert into partly values (1, 'x');
    do $$ begin create role narrow login password 'narrow'; exception when duplicate_object then null; end $$;
    grant select (id) on partly to narrow; grant usage on schema public to narrow`);
  const rewrite = "truncate partly; insert into partly select generate_series(11, 13), 'x'";
  const narrow = { ...source.address, username: "narrow", password: "narrow" };
  try {
    expect(await whileRewritten(rewrite, readIds("partly"), narrow)).toEqual(refilled);
  } finally {
    await source.query("drop owned by narrow; drop role narrow");
  }
});

test("the bound of an increment is that of the new contents", async () => {
  await source.query(
    "create table grows (id serial, n int); insert into grows (n) values (1), (2)",
  );
  const bound = await whileRewritten(
    "truncate grows; insert into grows (n) values (3), (4), (5)",
    async (address) => {
      const connection = await open(address);
      try {
        await connection.findTable({ schema: null, name: "grows" });
        return await connection.safeBound("id", null);
      } finally {
        await connection.close();
      }
    },
  );
  expect(bound).toBe("5");
});

test.each([
  ["increment by -1 minvalue -100 maxvalue -1 start -1", /counts down: new rows have lower ids/],
  ["increment by 50", /counts by 50: programs that give the ids between/],
  ["maxvalue 3 cycle", /begins again at its end/],
  ["cache 20", /has CACHE above 1/],
])("ids of a sequence with %s are refused as the column of an increment", async (how, says) => {
  await source.query(`drop table if exists odd; drop sequence if exists odd_ids;
    create sequence odd_ids ${how}; create table odd (id bigint default nextval('odd_ids'))`);
  const connection = await open(source.address);
  try {
    await connection.findTable({ schema: null, name: "odd" });
    await expect(connection.safeBound("id", null)).rejects.toThrow(says);
  } finally {
    await connection.close();
  }
});
