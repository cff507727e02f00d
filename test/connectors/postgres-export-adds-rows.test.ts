import { afterAll, beforeAll, expect, test } from "vitest";
import { exportSelect, field, nextClaim } from "./export-support.ts";
import { createSourceDatabase, type SourceDatabase } from "./support.ts";

let target: SourceDatabase;
beforeAll(async () => {
  target = await createSourceDatabase();
});
afterAll(() => target.drop());

const fields = [field("id", "INTEGER"), field("name", "STRING")];
const values = (list: string) => `select * from (values ${list}) as v(id, name)`;
const typed = (list: string) =>
  `select id::bigint as id, name::varchar as name from (${values(list)})`;
const send = (list: string, options: Parameters<typeof exportSelect>[3]) =>
  exportSelect(target.address, typed(list), fields, options);
const all = (table: string) => target.query(`select * from ${table} order by 1, 2`);

test("an append adds its rows once, also where it is done again after its commit", async () => {
  const first = nextClaim();
  await send("(1, 'a')", { table: "log", mode: "append", claim: first });
  const again = await send("(1, 'a')", {
    table: "log",
    mode: "append",
    claim: { ...first, fence: 2 },
  });
  expect(again.rows).toBe(1);
  await send("(1, 'a'), (2, 'b')", { table: "log", mode: "append" });
  expect(await all("log")).toEqual([
    { id: "1", name: "a" },
    { id: "1", name: "a" },
    { id: "2", name: "b" },
  ]);
});

test("the first appends to a schema go beside each other", async () => {
  await target.query("create schema crowded");
  const append = (n: number) =>
    send("(1, 'a')", {
      table: `crowded.t${n}`,
      mode: "append",
      claim: { exporter: `crowd_${n}`, tableRunId: 1, fence: 1 },
    });
  const done = await Promise.all([1, 2, 3, 4, 5].map(append));
  expect(done.map(({ rows }) => rows)).toEqual([1, 1, 1, 1, 1]);
  expect(await target.query("select target from crowded.maestro_exports order by 1")).toHaveLength(
    5,
  );
});

test("an attempt that is stopped before its commit leaves nothing", async () => {
  const lost = () => Promise.reject(new Error("another room has it"));
  const claim = nextClaim();
  for (const mode of ["replace", "append"] as const) {
    const table = `never_${mode}`;
    await expect(send("(1, 'a')", { table, mode, claim, confirm: lost })).rejects.toThrow(
      /another room/,
    );
    await expect(all(table)).rejects.toThrow(/does not exist/);
    await send("(1, 'a')", { table, mode, claim: { ...claim, fence: 2 } });
    expect(await all(table)).toHaveLength(1);
  }
});

test("an upsert changes rows by key and adds the others, twice as once", async () => {
  const upsert = (list: string) => send(list, { table: "people", mode: "upsert", keys: ["id"] });
  await upsert("(1, 'a'), (2, 'b')");
  for (let times = 0; times < 2; times += 1) await upsert("(2, 'B'), (3, null)");
  expect(await all("people")).toEqual([
    { id: "1", name: "a" },
    { id: "2", name: "B" },
    { id: "3", name: null },
  ]);
  const [key] = await target.query(
    "select pg_get_constraintdef(oid) as key from pg_constraint where conrelid = 'people'::regclass and contype = 'p'",
  );
  expect(key).toEqual({ key: "PRIMARY KEY (id)" });
});

test.each([
  ["a key that comes twice", "(1, 'a'), (1, 'b')", /2 rows have the key \(1\)/],
  ["a row without its key", "(1, 'a'), (null, 'b')", /no value for the key \("id"\)/],
])("%s is refused before anything is written", async (_, list, message) => {
  await target.query("create table if not exists strict (id bigint unique, name text)");
  await expect(send(list, { table: "strict", mode: "upsert", keys: ["id"] })).rejects.toMatchObject(
    { message: expect.stringMatching(message) },
  );
  expect(await all("strict")).toEqual([]);
});

test("an upsert by columns without a unique index names the remedy", async () => {
  await target.query("create table loose (id bigint, name text)");
  await expect(
    send("(1, 'a')", { table: "loose", mode: "upsert", keys: ["id", "name"] }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/add unique \("id", "name"\)/),
  });
});

test("every difference of a table that is added to is told at once", async () => {
  await target.query("create table other (id timestamptz, needed int not null)");
  await expect(send("(1, 'a')", { table: "other", mode: "append" })).rejects.toMatchObject({
    message: expect.stringMatching(
      /id is timestamp with time zone.*bigint.*no column name: alter table.*needed takes no NULL/,
    ),
  });
  expect(await all("other")).toEqual([]);
});

test.each<[string, string, string, string]>([
  ["numeric(10,2)", "STRING", "'1.5e-3'", "text"],
  ["numeric(3,-2)", "INTEGER", "12345::bigint", "bigint"],
  ["numeric(3,-2)", "NUMERIC", "12345::decimal(38, 9)", "numeric(38,9)"],
  ["oid", "INTEGER", "-1::bigint", "bigint"],
  ["interval", "STRING", "'1.23456789 seconds'", "text"],
  ["tsvector", "STRING", "'the cat the'", "text"],
  ["jsonb", "STRING", `'{"a": 1, "a": 2}'`, "text"],
  ["macaddr8", "STRING", "'08:00:2b:01:02:03'", "text"],
  ["daterange", "STRING", "'[2020-01-01,2020-01-05]'", "text"],
  ["rounding", "STRING", "'(1.26)'", "text"],
  ["rounding[]", "STRING", "'{(1.26)}'", "text"],
])("a column of %s is refused to %s, which it would change", async (type, of, value, remedy) => {
  await target.query(`drop table if exists changing; drop type if exists rounding;
    create type rounding as (a numeric(4, 1)); create table changing (v ${type})`);
  const given = [field("v", of)];
  const write = (mode: "append" | "replace") =>
    exportSelect(target.address, `select ${value} as v`, given, { table: "changing", mode });
  await expect(write("append")).rejects.toMatchObject({
    code: "database",
    message: expect.stringMatching(`column v is .* cannot hold every ${of} .*change it to `),
  });
  expect(await target.query("select * from changing")).toEqual([]);
  await write("replace");
  const types =
    "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'changing'::regclass and attnum > 0 and not attisdropped";
  expect(await target.query(types)).toEqual([{ type: remedy }]);
});

test("texts arrive in the types that keep them", async () => {
  const values = {
    varchar: "a b ",
    mood: "glad",
    uuid: "00000000-0000-0000-0000-00000000000f",
    inet: "10.0.0.1/8",
    cidr: "10.0.0.0/8",
    macaddr: "08:00:2b:01:02:03",
    json: '{"a": 1, "a": 2}',
    numeric: "0.00150",
  };
  const types = Object.keys(values);
  const names = types.map((_, at) => `c${at}`);
  await target.query(`create type mood as enum ('sad', 'glad');
    create table kept_texts (${types.map((type, at) => `c${at} ${type}`).join(", ")})`);
  await exportSelect(
    target.address,
    `select ${Object.values(values)
      .map((value, at) => `'${value}' as c${at}`)
      .join(", ")}`,
    types.map((_, at) => field(`c${at}`, "STRING")),
    { table: "kept_texts", mode: "append" },
  );
  expect(
    await target.query(`select ${names.map((name) => `${name}::text`).join(", ")} from kept_texts`),
  ).toEqual([Object.fromEntries(Object.values(values).map((value, at) => [`c${at}`, value]))]);
});

test("an upsert brings the keys of a table that numbers its rows", async () => {
  await target.query(`create table numbered (id bigint generated always as identity primary key, name text);
    create table numbered_beside (name text primary key, id bigint generated always as identity)`);
  const upsert = (list: string, table: string, keys: string[]) =>
    send(list, { table, mode: "upsert", keys });
  await upsert("(7, 'a')", "numbered", ["id"]);
  await upsert("(7, 'b'), (8, 'c')", "numbered", ["id"]);
  expect(await all("numbered")).toEqual([
    { id: "7", name: "b" },
    { id: "8", name: "c" },
  ]);
  await expect(upsert("(7, 'a')", "numbered_beside", ["name"])).rejects.toThrow(
    /column id .*GENERATED ALWAYS.*leave it out of the query/,
  );
});

test("names longer than PostgreSQL's are refused before anything is written", async () => {
  const long = `t${"é".repeat(32)}`;
  await expect(send("(1, 'a')", { table: long })).rejects.toThrow(/65 bytes, and PostgreSQL keeps/);
  await expect(
    exportSelect(target.address, `select 1::bigint as ${long}`, [field(long, "INTEGER")], {
      table: "unnamed",
    }),
  ).rejects.toThrow(/the column té+ cannot .*by AS/);
  await expect(all("unnamed")).rejects.toThrow(/does not exist/);
  const fits = "x".repeat(63);
  for (let times = 0; times < 2; times += 1) {
    await exportSelect(target.address, `select 1::bigint as ${fits}`, [field(fits, "INTEGER")], {
      table: fits,
    });
  }
  expect(await target.query(`select * from ${fits}`)).toEqual([{ [fits]: "1" }]);
  await expect(send("(1, 'a')", { table: "maestro_exports", mode: "append" })).rejects.toThrow(
    /Maestro's own/,
  );
});

test("what the user may not do is told with the privileges it needs", async () => {
  await target.query(`drop role if exists export_poor`).catch(() => undefined);
  await target.query(`create role export_poor login password 'p'`).catch(() => undefined);
  await target.query(`create table closed (id bigint, name text)`);
  const poor = { ...target.address, username: "export_poor", password: "p" };
  for (const table of ["closed", "unmade"]) {
    await expect(
      exportSelect(poor, typed("(1, 'a')"), fields, { table: `public.${table}` }),
    ).rejects.toMatchObject({
      message: expect.stringMatching(
        /export_poor may not do it: permission denied.*create on its schema/,
      ),
    });
  }
});

test("a NUL character is refused with its column and row, and nothing is written", async () => {
  await expect(send("(1, 'a'), (2, 'b' || chr(0))", { table: "nul" })).rejects.toMatchObject({
    code: "database",
    message: expect.stringMatching(/column name holds a NUL character in row 2.*REPLACE\(name/),
  });
  await expect(all("nul")).rejects.toThrow(/does not exist/);
});

test("an export that is cancelled ends at once and leaves nothing", async () => {
  const stopping = new AbortController();
  const done = exportSelect(
    target.address,
    "select i::bigint as id, repeat('x', 200) as name from range(3000000) r(i)",
    fields,
    {
      table: "cancelled",
      signal: stopping.signal,
      report: ({ bytes }) => bytes > 0 && stopping.abort(),
    },
  );
  await expect(done).rejects.toThrow(/abort/i);
  await expect(all("cancelled")).rejects.toThrow(/does not exist/);
});
