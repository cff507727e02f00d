import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import type { FileFormat } from "../../shared/table.ts";
import { createMysqlDatabase, type MysqlDatabase } from "../connectors/mysql-support.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { openImportFlow } from "./import-flow.ts";
import { nastyTexts, nestedJson } from "./import-types.ts";

/*
 * A value that left a database and came back, by way of the warehouse and files, is the value that left.
 */

let postgres: SourceDatabase;
let mysql: MysqlDatabase;
let flow: Awaited<ReturnType<typeof openImportFlow>>;
let mysqlId: number;
beforeAll(async () => {
  [postgres, mysql] = await Promise.all([createSourceDatabase(), createMysqlDatabase()]);
  flow = await openImportFlow(postgres.address);
  mysqlId = await flow.addDatabase("mysql", mysql.address);
}, 60_000);
afterAll(async () => {
  await flow.close();
  await Promise.all([postgres.drop(), mysql.drop()]);
});

const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Both databases can hold these; each row has another text. */
const extremes = [
  "9223372036854775807, 1.7976931348623157e308, 99999999999999999999999999999.999999999, '0001-01-01', '9999-12-31 23:59:59.999999', '00:00:00'",
  "-9223372036854775808, 5e-324, -0.000000001, '9999-12-31', '0001-01-01 00:00:00', '23:59:59.999999'",
  "0, 0.1, 0, '2024-02-29', '2024-03-31 01:30:00.5', '12:34:56.1'",
  "null, null, null, null, null, null",
];

const fill = (table: string, bytes: (hex: string) => string) =>
  `insert into ${table} (id, i, f, n, d, m, t, s, y) values ${[...nastyTexts, null]
    .map((text, index) => {
      const y = bytes(
        Buffer.from(text ?? "", "utf8")
          .subarray(0, 1000)
          .toString("hex"),
      );
      const s = text === null ? "null" : sqlText(text);
      return `(${index + 1}, ${extremes[index % extremes.length]}, ${s}, ${y})`;
    })
    .join(", ")}`;

const columns = ["id", "i", "f", "n", "d", "m", "t", "s", "y"];

async function arrives(run: ReturnType<typeof flow.run>) {
  expect(await run).toMatchObject({ state: "succeeded", reason: null });
}

async function inPostgres(table: string, more: string[] = []) {
  const list = [...columns, ...more].map((column) => `${column}::text as ${column}`);
  return postgres.query(`select ${list.join(", ")} from ${table} order by id`);
}

async function inMysql(table: string) {
  const list = columns.map((column) =>
    column === "y" ? "hex(y) as y" : `cast(${column} as char) as ${column}`,
  );
  return mysql.query(`select ${list.join(", ")} from ${table} order by id`);
}

test("from PostgreSQL to the warehouse, back, on to MySQL, and from there back again", async () => {
  await postgres.query(
    `create table there (id int primary key, i bigint, f double precision, n numeric(38, 9), d date,
       m timestamp, t time, s text, y bytea,
       b bool default true, u uuid default '00000000-0000-0000-0000-00000000000f',
       texts text[] default array['', 'N', 'a"b', e'\\\\'], ints bigint[] default '{}')`,
  );
  await postgres.query(fill("there", (hex) => `'\\x${hex}'`));
  await postgres.query(
    "insert into there (id, f, s) values (0, '-0', 'x'), (-1, 'NaN', 'x'), (-2, '-Infinity', 'x')",
  );
  const more = ["b", "u", "texts", "ints"];
  const there = await inPostgres("there", more);
  const back = { exportDatabaseId: flow.databaseId, exportTable: "back" };
  await arrives(flow.run(await flow.create({ name: "there", importTable: "there", ...back })));
  expect(await inPostgres("back", more)).toEqual(there);

  const toMysql = await flow.create({
    name: "to_mysql",
    kind: "summary",
    query: `select ${columns.join(", ")} from raw.there where id > 0`,
    exportDatabaseId: mysqlId,
    exportTable: "there",
  });
  await arrives(flow.run(toMysql));
  const again = await flow.create({
    name: "again",
    importDatabaseId: mysqlId,
    importTable: "there",
    exportDatabaseId: flow.databaseId,
    exportTable: "again",
  });
  await arrives(flow.run(again));
  const plain = await inPostgres("there");
  expect(await inPostgres("again")).toEqual(plain.filter(({ id }) => Number(id) > 0));
}, 180_000);

test("from MariaDB to the warehouse and back", async () => {
  await mysql.query(
    `create table origin (id int primary key, i bigint, f double, n decimal(38, 9), d date,
       m datetime(6), t time(6), s longtext, y longblob) character set utf8mb4`,
  );
  await mysql.query("set global sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'");
  const connection = await mysql.connect();
  await connection.query("set sql_mode = 'NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'");
  await connection.query(fill("origin", (hex) => (hex === "" ? "''" : `x'${hex}'`)));
  await connection.end();
  const origin = await inMysql("origin");
  expect(origin).toHaveLength(nastyTexts.length + 1);
  const id = await flow.create({
    name: "origin",
    importDatabaseId: mysqlId,
    importTable: "origin",
    exportDatabaseId: mysqlId,
    exportTable: "returned",
  });
  await arrives(flow.run(id));
  expect(await inMysql("returned")).toEqual(origin);
}, 120_000);

test("what Parquet has no type for comes back by way of JSON lines", async () => {
  await postgres.query("create table documents (id int primary key, j jsonb, list int[])");
  const documents = [
    `{"a": [1, 2.5, -0.5, null, "\\u2028\\"\\\\", {"": {}}], "漢": "😀"}`,
    "[]",
    '""',
    "0",
    nestedJson(40),
  ];
  const rows = documents.map((text, at) => `(${at}, ${sqlText(text)}, '{${at},-1}')`);
  await postgres.query(`insert into documents values ${rows.join(", ")}, (99, null, '{}')`);
  const id = await flow.create({
    name: "documents",
    importTable: "documents",
    exportDatabaseId: flow.databaseId,
    exportTable: "documents_back",
  });
  const read = (table: string) =>
    postgres.query(`select id::text, j::jsonb::text as j, list::text from ${table} order by id`);
  const there = await read("documents");
  await arrives(flow.run(id));
  expect(await read("documents_back")).toEqual(there);
}, 60_000);

test.each<[FileFormat, (file: string) => string]>([
  ["PARQUET", (file) => `read_parquet('${file}')`],
  [
    "NEWLINE_DELIMITED_JSON",
    (file) => `read_json('${file}', columns = {id: 'VARCHAR', i: 'VARCHAR', s: 'VARCHAR'})`,
  ],
])(
  "an extract in %s has the values of the source",
  async (extractFormat, reader) => {
    const name = `extracted_${extractFormat.toLowerCase()}`;
    const extract = { extract: true, extractFormat };
    await postgres.query(`create table ${name} (id int primary key, i bigint, s text)`);
    for (const [at, text] of nastyTexts.entries()) {
      await postgres.query(`insert into ${name} values (${at}, ${at} - 9007199254740993, $1)`, [
        text,
      ]);
    }
    await postgres.query(`insert into ${name} values (-1, null, null)`);
    const tableId = await flow.create({ name, importTable: name, ...extract });
    await arrives(flow.run(tableId));
    const [row] = await flow.deps.db.select().from(tableRuns).where(eq(tableRuns.tableId, tableId));
    const directory = await mkdtemp(join(tmpdir(), "maestro-test-extract-"));
    const instance = await DuckDBInstance.create(":memory:");
    try {
      const connection = await instance.connect();
      const found: unknown[] = [];
      for (const [at, object] of row!.extractObjects.entries()) {
        const file = join(directory, `${at}-${object.split("/").at(-1)}`);
        await flow.deps.objectStore.download(object, file, {});
        const texts = `select id::varchar as id, i::varchar as i, encode(s) as s from ${reader(file)}`;
        const read = await connection.runAndReadAll(texts);
        for (const [id, i, s] of read.getRowsJS()) {
          found.push({
            id,
            i,
            s: s === null ? null : Buffer.from(s as Uint8Array).toString("utf8"),
          });
        }
      }
      const there = await postgres.query(
        `select id::text, i::text, s from ${name} order by ${name}.id`,
      );
      const byId = (one: unknown, other: unknown) =>
        Number((one as { id: string }).id) - Number((other as { id: string }).id);
      expect(found.sort(byId)).toEqual(there);
    } finally {
      instance.closeSync();
      await rm(directory, { recursive: true, force: true });
    }
  },
  60_000,
);
