import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectMysql } from "../../server/connectors/mysql-connection.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";
import { exportSelect, field, nextClaim } from "./export-support.ts";

let server: MariaDb;
let connection: Connection;
beforeAll(async () => {
  server = await startMariaDb();
  connection = await connectMysql(server.address, { multipleStatements: true });
});
afterAll(async () => {
  await connection.end();
  await server.stop();
});

const query = async (sql: string) => (await connection.query(sql))[0] as Record<string, unknown>[];
const fields = [field("id", "INTEGER"), field("name", "STRING")];
const typed = (list: string) =>
  `select id::bigint as id, name::varchar as name from (values ${list}) as v(id, name)`;
const send = (list: string, options: Parameters<typeof exportSelect>[3]) =>
  exportSelect(server.address, typed(list), fields, options);
const all = (table: string) => query(`select * from ${table} order by 1`);
const rowsUpTo = (count: number) =>
  `select i::bigint as id, 'row ' || i as name from range(1, ${count + 1}) r(i)`;

test("texts arrive as they were, NULL, 'NULL' and '' apart", async () => {
  const rows = await exportSelect(
    server.address,
    `select id::bigint as id, name::varchar as name from (values (1, null), (2, ''), (3, 'NULL'), (4, '\\N'), (5, '"'), (6, 'a"b,c' || chr(10)),
       (7, chr(13) || chr(10)), (8, '\\'), (9, chr(0) || 'x'), (10, 'é漢😀'), (11, ' pad '), (13, '\\"'), (14, '",'), (15, 'null'))
       as v(id, name)`,
    fields,
    { table: "texts" },
  );
  expect(rows.rows).toBe(14);
  const found = await all("texts");
  expect(found.map(({ name }) => name)).toEqual([
    null,
    "",
    "NULL",
    "\\N",
    '"',
    'a"b,c\n',
    "\r\n",
    "\\",
    "\0x",
    "é漢😀",
    " pad ",
    '\\"',
    '",',
    "null",
  ]);
});

test("a lone column keeps its NULLs and empty texts", async () => {
  await exportSelect(
    server.address,
    "select v::varchar as v from (values (null), (''), ('NULL'), ('x')) as t(v)",
    [field("v", "STRING")],
    { table: "lone" },
  );
  expect((await query("select v from lone")).map(({ v }) => v)).toEqual([null, "", "NULL", "x"]);
});

test("a replace keeps grants, keys, indexes, comments, counters and settings", async () => {
  await query(`create table kept (
      id bigint not null comment 'the id', name varchar(40) collate utf8mb4_general_ci,
      counted int not null auto_increment, loaded_at datetime default '2020-01-01',
      upper_name varchar(40) as (upper(name)) stored, dropped int,
      primary key (id), unique key by_count (counted), key by_name (name, dropped), key short (name(3)),
      constraint small check (id < 1000)
    ) comment = 'of people' row_format = compressed;
    insert into kept (id, name) values (1, 'a'), (2, 'b');
    create user if not exists reader; grant select (name) on kept to reader;
    create view kept_view as select count(*) as n from kept`);
  const definition = async () =>
    String((await query("show create table kept"))[0]!["Create Table"]).replace(
      / AUTO_INCREMENT=\d+/,
      "",
    );
  const before = await definition();
  for (const count of [3, 4]) {
    await exportSelect(server.address, rowsUpTo(count), fields, { table: "kept" });
  }
  const after = await definition();
  expect(before).toMatch(/"dropped" int[\s\S]*KEY "by_name"/);
  expect(after.split("\n")).toEqual(before.split("\n").filter((line) => !/dropped/.test(line)));
  expect(await query("select id, name, counted, upper_name from kept where id > 3")).toEqual([
    { id: 4, name: "row 4", counted: 9, upper_name: "ROW 4" },
  ]);
  expect(await query("select n from kept_view")).toEqual([{ n: 4 }]);
  const grants = await query("show grants for reader");
  expect(JSON.stringify(grants)).toMatch(/kept/);
  expect(await query("show tables like 'maestro%'")).toEqual([]);
});

test("a reader that polls sees the old rows or the new ones, whole", async () => {
  for (const table of ["polled", "polled_with_trigger"]) {
    await exportSelect(server.address, rowsUpTo(1000), fields, { table });
    if (table === "polled_with_trigger") {
      await query(`create trigger tr before insert on ${table} for each row set new.id = new.id`);
    }
    const reader = await connectMysql(server.address);
    const seen = new Set<string>();
    let isDone = false;
    const polling = (async () => {
      while (!isDone) {
        const [rows] = await reader.query(`select count(*) as n, max(id) as m from ${table}`);
        const [row] = rows as { n: number; m: number }[];
        seen.add(`${row!.n}/${row!.m}`);
      }
    })();
    const notes: string[] = [];
    for (const count of [40_000, 1000, 30_000]) {
      notes.push(...(await exportSelect(server.address, rowsUpTo(count), fields, { table })).notes);
    }
    isDone = true;
    await polling;
    await reader.end();
    const whole = ["1000/1000", "40000/40000", "30000/30000"];
    expect([...seen].filter((each) => !whole.includes(each))).toEqual([]);
    expect(seen.size).toBeGreaterThan(1);
    expect(notes.length).toBe(table === "polled" ? 0 : 3);
  }
});

test("an append adds its rows once, also where it is done again after its commit", async () => {
  const first = nextClaim();
  for (const fence of [1, 2]) {
    await send("(1, 'a')", { table: "log", mode: "append", claim: { ...first, fence } });
  }
  await send("(1, 'a'), (2, 'b')", { table: "log", mode: "append" });
  expect(await all("log")).toEqual([
    { id: 1, name: "a" },
    { id: 1, name: "a" },
    { id: 2, name: "b" },
  ]);
});

test("an attempt that is stopped before its commit leaves nothing", async () => {
  const lost = () => Promise.reject(new Error("another room has it"));
  const claim = nextClaim();
  for (const mode of ["replace", "append", "upsert"] as const) {
    const options = { table: `never_${mode}`, mode, keys: mode === "upsert" ? ["id"] : [], claim };
    await expect(send("(1, 'a')", { ...options, confirm: lost })).rejects.toThrow(/another room/);
    expect(await query(`show tables like 'never_${mode}'`)).toEqual([]);
    await send("(1, 'a')", options);
    expect(await all(`never_${mode}`)).toHaveLength(1);
  }
});

test("an upsert changes rows by key and adds the others, twice as once", async () => {
  await query("create table people (id bigint primary key, name varchar(20) unique)");
  await query("insert into people values (1, 'a'), (2, 'b')");
  const upsert = (list: string) => send(list, { table: "people", mode: "upsert", keys: ["id"] });
  for (let times = 0; times < 2; times += 1) await upsert("(2, 'B'), (3, null)");
  const expected = [
    { id: 1, name: "a" },
    { id: 2, name: "B" },
    { id: 3, name: null },
  ];
  expect(await all("people")).toEqual(expected);
  await expect(upsert("(7, 'a')")).rejects.toThrow(/Duplicate entry 'a'/);
  await expect(upsert("(8, 'x'), (8, 'y')")).rejects.toThrow(/2 rows have the key \(8\)/);
  await expect(upsert("(8, 'x'), (null, 'y')")).rejects.toThrow(/no value for the key/);
  expect(await all("people")).toEqual(expected);
  await expect(
    send("(1, 'a')", { table: "people", mode: "upsert", keys: ["id", "name"] }),
  ).rejects.toThrow(/add unique \(`id`, `name`\)/);
});

test("what is not allowed is told with its remedy", async () => {
  await query("create user if not exists poor identified by 'p'; grant select on test.* to poor");
  const poor = { ...server.address, username: "poor", password: "p" };
  await expect(exportSelect(poor, typed("(1, 'a')"), fields, { table: "unmade" })).rejects.toThrow(
    /poor may not do it.*grant create, drop, alter/,
  );
  await query("set global local_infile = 0");
  await expect(send("(1, 'a')", { table: "unmade" })).rejects.toThrow(
    /set global local_infile = 1/,
  );
  await query("set global local_infile = 1");
  await query("create table old_engine (id bigint, name text) engine = MyISAM");
  await expect(send("(1, 'a')", { table: "old_engine", mode: "append" })).rejects.toThrow(
    /MyISAM, which has no transactions/,
  );
});

test("an export that is cancelled ends at once and leaves nothing to be seen", async () => {
  const stopping = new AbortController();
  const claim = nextClaim();
  const big = "select i::bigint as id, repeat('x', 200) as name from range(3000000) r(i)";
  await expect(
    exportSelect(server.address, big, fields, {
      table: "cancelled",
      claim,
      signal: stopping.signal,
      report: ({ bytes }) => bytes > 0 && stopping.abort(),
    }),
  ).rejects.toThrow(/abort/i);
  expect(await query("show tables like 'cancelled'")).toEqual([]);
  await send("(1, 'a')", { table: "cancelled", claim: { ...claim, fence: 2 } });
  expect(await query("show tables like 'maestro\\_test%'")).toEqual([]);
  expect(await all("cancelled")).toHaveLength(1);
});
