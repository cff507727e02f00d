import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectMysql } from "../../server/connectors/mysql-connection.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";
import { exportSelect, field } from "./export-support.ts";

let server: MariaDb;
let connection: Connection;
beforeAll(async () => {
  server = await startMariaDb();
  connection = await connectMysql(server.address);
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

test.each<[string, string, RegExp]>([
  ["NaN", "select 'nan'::double as v", /column v holds nan in row 1.*MySQL's double.*IS_NAN/],
  ["an infinity", "select '-inf'::double as v", /column v holds -inf/],
])("%s is refused with its column, row and remedy", async (_, select, message) => {
  await expect(
    exportSelect(server.address, select, [field("v", "FLOAT")], { table: "never" }),
  ).rejects.toMatchObject({ code: "database", message: expect.stringMatching(message) });
  expect(await query("show tables like 'never'")).toEqual([]);
});

test.each<[string, string, string, RegExp]>([
  [
    "an emoji into utf8mb3",
    "v text character set utf8mb3",
    "'a😀'::varchar",
    /Incorrect string value.*v.* row 1/,
  ],
  [
    "a text that is too long",
    "v varchar(3)",
    "'abcd'::varchar",
    /column v holds abcd in row 1.*varchar\(3\)/,
  ],
  [
    "what latin1 has not",
    "v varchar(9) character set latin1",
    "'漢'::varchar",
    /Incorrect string value/,
  ],
  [
    "a text of 70 kB into 64 kB",
    "v text",
    "repeat('x', 70000)",
    /column v holds x+ in row 1.*MySQL's text/,
  ],
  ["another case of an enum", "v enum('a', 'b')", "'A'::varchar", /column v holds A in row 1/],
])("%s is refused, and the table stays as it was", async (_, column, value, message) => {
  await query(`create or replace table narrow (${column})`);
  for (const mode of ["replace", "append"] as const) {
    await expect(
      exportSelect(server.address, `select ${value} as v`, [field("v", "STRING")], {
        table: "narrow",
        mode,
      }),
    ).rejects.toMatchObject({ message: expect.stringMatching(message) });
  }
  expect(await all("narrow")).toEqual([]);
});

test("ids of 0 stay 0 where the column counts, and an upsert twice is one", async () => {
  for (const mode of ["replace", "append", "upsert"] as const) {
    const table = `counted_${mode}`;
    await query(`create table ${table} (id bigint not null auto_increment primary key, name text)`);
    const keys = mode === "upsert" ? ["id"] : [];
    for (let times = 0; times < (mode === "append" ? 1 : 2); times += 1) {
      await send("(0, 'zero'), (5, 'five')", { table, mode, keys });
    }
    expect(await all(table)).toEqual([
      { id: 0, name: "zero" },
      { id: 5, name: "five" },
    ]);
  }
});

test.each<[string, string, RegExp]>([
  [
    "a number that MySQL counts",
    "v bigint not null auto_increment primary key",
    /column v holds NULL in row 2.*bigint.*leave v out/,
  ],
  [
    "a time that MySQL fills in",
    "v timestamp not null default current_timestamp",
    /column v holds NULL in row 2.*timestamp NOT NULL: replace it.*IFNULL\(v/,
  ],
  ["any other", "v int not null default 7", /column v holds NULL in row 2.*int.*NOT NULL/],
])("a NULL for %s is refused where the column takes none", async (_, column, message) => {
  await query(`create or replace table full_ones (${column}, id int)`);
  const type = /timestamp/.test(column) ? "TIMESTAMP" : "INTEGER";
  const value = type === "INTEGER" ? "9::bigint" : "timestamptz '2024-01-01 00:00:00+00'";
  const given = [field("v", type), field("id", "INTEGER")];
  for (const mode of ["replace", "append", "upsert"] as const) {
    if (mode === "upsert") await query("alter table full_ones add unique (id)");
    await expect(
      exportSelect(
        server.address,
        `select ${value} as v, 1::bigint as id union all select null, 2`,
        given,
        { table: "full_ones", mode, keys: mode === "upsert" ? ["id"] : [] },
      ),
    ).rejects.toMatchObject({ code: "database", message: expect.stringMatching(message) });
  }
  expect(await all("full_ones")).toEqual([]);
});

test("a target is never taken for a table of Maestro's own", async () => {
  for (const name of ["maestro_rows", "maestro_exports", "Maestro_test_1_rows"]) {
    for (const mode of ["replace", "append", "upsert"] as const) {
      await expect(
        send("(1, 'a')", { table: name, mode, keys: mode === "upsert" ? ["id"] : [] }),
      ).rejects.toThrow(/Maestro's own: export to another name/);
    }
  }
});

test("more columns than a row of the server takes are told as such", async () => {
  const wide = Array.from({ length: 1000 }, (_, at) => field(`c${at}`, "STRING"));
  await expect(
    exportSelect(
      server.address,
      `select ${wide.map(({ name }) => `'v' as ${name}`).join(", ")}`,
      wide,
      { table: "never" },
    ),
  ).rejects.toThrow(/columns are too many.*Row size too large.*split the table/);
  expect(await query("show tables like 'never'")).toEqual([]);
});

test("names longer than MySQL's are refused before anything is written", async () => {
  const long = "é".repeat(65);
  await expect(send("(1, 'a')", { table: long })).rejects.toThrow(/65 characters.*MySQL takes 64/);
  await expect(
    exportSelect(server.address, `select 1::bigint as ${long}`, [field(long, "INTEGER")], {
      table: "never",
    }),
  ).rejects.toThrow(/the column é+ cannot .*by AS/);
  expect(await query("show tables like 'never'")).toEqual([]);
  const fits = "é".repeat(64);
  await exportSelect(server.address, `select 1::bigint as ${fits}`, [field(fits, "INTEGER")], {
    table: fits,
  });
  expect(await all(fits)).toEqual([{ [fits]: 1 }]);
});
