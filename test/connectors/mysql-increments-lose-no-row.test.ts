import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { createMysqlDatabase, type MysqlDatabase, openMysql } from "./mysql-support.ts";

let source: MysqlDatabase;
let reader: DatabaseAddress;
beforeAll(async () => {
  source = await createMysqlDatabase();
  await source.query("create user reader@'%' identified by 'reads'");
  await source.query("grant select, lock tables on test.* to reader@'%'");
  reader = { ...source.address, username: "reader", password: "reads" };
});
afterAll(() => source.drop());

/** One increment, as an import reads it, by a user who may read and lock. */
async function readIncrement(table: string, above: string | null, address = reader) {
  const connection = await openMysql(address);
  try {
    await connection.findTable({ schema: null, name: table });
    const bound = await connection.safeBound("id", above);
    await connection.begin();
    if (bound === null) return { ids: [], lastId: above };
    const newer = above === null ? "" : `id > ${above} and `;
    const select = `select id from ${table} where ${newer} id <= ${bound}`;
    const { columns } = await connection.describe(select);
    const text = (await buffer(connection.rows(select, columns))).toString();
    const ids = [...text.matchAll(/"(\d+)"/g)].map(([, id]) => Number(id));
    return { ids: ids.sort((a, b) => a - b), lastId: bound };
  } finally {
    await connection.close();
  }
}

const isWaiting = async () => {
  const rows = await source.query(
    "select 1 from information_schema.processlist where user = 'reader' and info like 'lock tables%'",
  );
  return rows.length > 0;
};

test("a lower id that is committed late arrives, once", async () => {
  await source.query("create table orders (id bigint auto_increment primary key, name text)");
  await source.query("insert into orders (name) values ('a'), ('b'), ('c')");
  const first = await readIncrement("orders", null);
  expect(first).toEqual({ ids: [1, 2, 3], lastId: "3" });

  // 4 is taken and not committed; 5 is committed.
  const late = await source.connect();
  await late.beginTransaction();
  await late.query("insert into orders (name) values ('late')");
  await source.query("insert into orders (name) values ('early')");
  let isRead = false;
  const reading = readIncrement("orders", first.lastId).finally(() => {
    isRead = true;
  });
  await expect.poll(isWaiting).toBe(true);
  expect(isRead).toBe(false);
  await late.commit();
  const second = await reading;
  expect(second).toEqual({ ids: [4, 5], lastId: "5" });
  expect(await readIncrement("orders", second.lastId)).toEqual({ ids: [], lastId: "5" });
  await late.end();
});

test("ids that a statement has taken and not yet inserted are waited for", async () => {
  await source.query("create table slow (id int unsigned auto_increment primary key, v int)");
  const writer = await source.connect();
  // The three ids are given at once, the rows follow one by one.
  const inserting = writer.query(
    "insert into slow (v) values (sleep(0.3)), (sleep(0.5)), (sleep(0.5))",
  );
  const watcher = await source.connect();
  await watcher.query("set session transaction isolation level read uncommitted");
  const uncommitted = async () => {
    const [rows] = await watcher.query("select 1 from slow");
    return (rows as unknown[]).length;
  };
  await expect.poll(uncommitted, { interval: 10 }).toBe(1);
  await source.query("insert into slow (v) values (7)");
  expect(await readIncrement("slow", null)).toEqual({ ids: [1, 2, 3, 4], lastId: "4" });
  await inserting;
  await writer.end();
  await watcher.end();
});

test("of many writers at once each committed row arrives once", async () => {
  await source.query("create table busy (id bigint auto_increment primary key, v int)");
  let isOver = false;
  const write = async (seed: number) => {
    const connection = await source.connect();
    let at = seed;
    const next = (below: number) => {
      at = (at * 1_103_515_245 + 12_345) % 2 ** 31;
      return at % below;
    };
    while (!isOver) {
      await connection.beginTransaction();
      for (let statement = next(3); statement >= 0; statement--) {
        const rows = Array.from({ length: 1 + next(20) }, () => `(${seed})`).join(", ");
        await connection.query(`insert into busy (v) values ${rows}`);
        await delay(next(8));
      }
      if (next(4) === 0) await connection.rollback();
      else await connection.commit();
    }
    await connection.end();
  };
  const writers = [1, 2, 3, 4, 5, 6].map(write);
  const arrived: number[] = [];
  let lastId: string | null = null;
  for (let increment = 0; increment < 25; increment++) {
    const next = await readIncrement("busy", lastId);
    arrived.push(...next.ids);
    lastId = next.lastId;
  }
  isOver = true;
  await Promise.all(writers);
  arrived.push(...(await readIncrement("busy", lastId)).ids);
  const committed = await source.query("select id from busy order by id");
  expect(committed.length).toBeGreaterThan(100);
  expect(arrived).toEqual(committed.map(({ id }) => Number(id)));
}, 60_000);

test("an increment is refused where rows could be lost", async () => {
  await source.query("create table gaps (id int, v int)");
  await source.query("insert into gaps values (1, 1), (null, 2)");
  await source.query("create table words (id varchar(10) primary key)");
  await source.query("create view seen as select * from gaps");
  const refusal = async (table: string, address = reader) =>
    readIncrement(table, null, address).then(
      () => "not refused",
      (error: Error) => error.message,
    );
  expect(await refusal("gaps")).toMatch(/rows whose id is NULL/);
  expect(await refusal("words")).toMatch(/the id column id is varchar\(10\)/);
  expect(await refusal("seen")).toMatch(/seen is a view/);

  await source.query("create user only_reads@'%' identified by 'reads'");
  await source.query("grant select on test.* to only_reads@'%'");
  const onlyReads = { ...reader, username: "only_reads" };
  expect(await refusal("orders", onlyReads)).toMatch(/grant LOCK TABLES on `test`\.\*/);

  await source.query("set global read_only = on");
  expect(await refusal("orders")).toMatch(/a replica.*connect to the primary/);
  await source.query("set global read_only = off");
  await source.query("set global auto_increment_increment = 2");
  expect(await refusal("orders")).toMatch(/auto_increment_increment is above 1/);
  await source.query("set global auto_increment_increment = 1");
});

test("tables that know no transactions are read up to their last row", async () => {
  await source.query(
    "create table plain (id int auto_increment primary key, v int) engine = MyISAM",
  );
  await source.query("insert into plain (v) values (1), (2)");
  expect(await readIncrement("plain", null)).toEqual({ ids: [1, 2], lastId: "2" });
});
