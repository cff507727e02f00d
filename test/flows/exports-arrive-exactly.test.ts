import { eq } from "drizzle-orm";
import type { Connection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { connectMysql } from "../../server/connectors/mysql-connection.ts";
import { type Engine, startEngine } from "../../server/daemon/engine.ts";
import { type Room, startRoom } from "../../server/daemon/room.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import type { TableDefinitionInput } from "../../shared/table.ts";
import { createSourceDatabase, type SourceDatabase } from "../connectors/support.ts";
import { type MariaDb, startMariaDb } from "../support/mariadb.ts";
import { openLocalDeps } from "./local-deps.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let postgres: SourceDatabase;
let mariadb: MariaDb;
let connection: Connection;
let engine: Engine;
let room: Room;
const databaseIds = { postgres: 0, mysql: 0 };
const kinds = ["postgres", "mysql"] as const;

beforeAll(async () => {
  [opened, postgres, mariadb] = await Promise.all([
    openLocalDeps(),
    createSourceDatabase(),
    startMariaDb(),
  ]);
  connection = await connectMysql(mariadb.address, {
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  engine = startEngine(opened.deps);
  room = startRoom(opened.deps, { concurrency: 2, drainSeconds: 0 });
  for (const kind of kinds) {
    const { tls: _, ...address } = (kind === "postgres" ? postgres : mariadb).address;
    const input = { ...address, name: kind, mayExport: true };
    databaseIds[kind] = (await createDatabase(opened.deps, input, actor())).id;
  }
});
afterAll(async () => {
  await engine.stop();
  await room.stop();
  await connection.end();
  await mariadb.stop();
  await opened.close();
  await postgres.drop();
});

const actor = () => ({ userId: opened.adminUserId, name: "admin@example.com" });

async function create(input: Partial<TableDefinitionInput> & { name: string }): Promise<number> {
  const definition = { dataset: "marts", kind: "summary" as const };
  return (await createTable(opened.deps, { ...definition, ...input }, actor())).id;
}

async function run(tableId: number) {
  const { deps } = opened;
  const selection = {
    kind: "tables" as const,
    tableIds: [tableId],
    withAncestors: false,
    withDescendants: false,
  };
  const { runId } = await startRun(deps, selection, { userId: null, name: "test" });
  await vi.waitUntil(
    async () => (await deps.db.select().from(runs).where(eq(runs.id, runId)))[0]?.endedAt,
    { timeout: 60_000, interval: 50 },
  );
  const [tableRun] = await deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
  return { state: tableRun!.state, reason: tableRun!.reason?.text ?? null };
}

async function exportTo(kind: "postgres" | "mysql", name: string, query: string) {
  const id = await create({
    name: `${name}_${kind}`,
    exportTable: name,
    query,
    exportDatabaseId: databaseIds[kind],
  });
  return run(id);
}

const read = async (kind: "postgres" | "mysql", sql: string) =>
  kind === "postgres"
    ? postgres.query(sql)
    : ((await connection.query(sql))[0] as Record<string, unknown>[]);

const succeeded = { state: "succeeded", reason: null };

/** The same values in Parquet, and, beside a JSON column, in JSON lines. */
const formats = [
  ["Parquet", ""],
  ["JSON lines", ', JSON \'{"deep":[{"a":null,"n":-0.5}]}\' as json_column'],
] as const;

const scalars = `
  select 1 as id, 9223372036854775807 as i, 1.7976931348623157e308 as f, numeric '99999999999999999999999999999.999999999' as n,
    true as b, date '0001-01-01' as d, datetime '9999-12-31 23:59:59.999999' as dt, timestamp '0001-01-01 00:00:00+00' as ts,
    time '23:59:59.999999' as t, b'\\x00\\xff\\n' as y, 'a"b,c' as s
  union all select 2, -9223372036854775808, 5e-324, numeric '-0.000000001', false, date '9999-12-31', datetime '0001-01-01 00:00:00',
    timestamp '9999-12-31 23:59:59.999999+00', time '00:00:00', b'', ''
  union all select 3, 0, -0.0, numeric '0', null, date '2024-02-29', datetime '2024-02-29 12:00:00.5', timestamp '2024-03-31 01:30:00.123456+00',
    time '12:34:56.1', b'\\\\N', 'NULL'
  union all select 4, null, null, null, null, null, null, null, null, null, null`;

test.each(formats)("scalars arrive in both databases through %s", async (format, extra) => {
  const name = `scalars_${format.replaceAll(" ", "_").toLowerCase()}`;
  const query = `select *${extra} from (${scalars})`;
  for (const kind of kinds) expect(await exportTo(kind, name, query)).toEqual(succeeded);
  const cast = (column: string) => `${column}::text as ${column}`;
  const columns = ["id", "i", "f", "n", "b", "d", "dt", "ts", "t", "s"];
  const inPostgres = await read(
    "postgres",
    `select ${columns.map(cast).join(", ")}, encode(y, 'hex') as y from ${name} order by id`,
  );
  expect(inPostgres).toEqual([
    row(
      "1",
      "9223372036854775807",
      "1.7976931348623157e+308",
      "99999999999999999999999999999.999999999",
      "true",
      "0001-01-01",
      "9999-12-31 23:59:59.999999",
      "0001-01-01 00:00:00+00",
      "23:59:59.999999",
      'a"b,c',
      "00ff0a",
    ),
    row(
      "2",
      "-9223372036854775808",
      "5e-324",
      "-0.000000001",
      "false",
      "9999-12-31",
      "0001-01-01 00:00:00",
      "9999-12-31 23:59:59.999999+00",
      "00:00:00",
      "",
      "",
    ),
    row(
      "3",
      "0",
      "-0",
      "0.000000000",
      null,
      "2024-02-29",
      "2024-02-29 12:00:00.5",
      "2024-03-31 01:30:00.123456+00",
      "12:34:56.1",
      "NULL",
      "5c4e",
    ),
    row("4", ...Array<null>(10).fill(null)),
  ]);
  // MariaDB has no -0: it is 0, to which it is equal.
  const inMysql = await read(
    "mysql",
    `select ${columns.map((column) => `cast(${column} as char) as ${column}`).join(", ")}, lower(hex(y)) as y from ${name} order by id`,
  );
  expect(inMysql).toEqual([
    row(
      "1",
      "9223372036854775807",
      "1.7976931348623157e308",
      "99999999999999999999999999999.999999999",
      "1",
      "0001-01-01",
      "9999-12-31 23:59:59.999999",
      "0001-01-01 00:00:00.000000",
      "23:59:59.999999",
      'a"b,c',
      "00ff0a",
    ),
    row(
      "2",
      "-9223372036854775808",
      "5e-324",
      "-0.000000001",
      "0",
      "9999-12-31",
      "0001-01-01 00:00:00.000000",
      "9999-12-31 23:59:59.999999",
      "00:00:00.000000",
      "",
      "",
    ),
    row(
      "3",
      "0",
      "0",
      "0.000000000",
      null,
      "2024-02-29",
      "2024-02-29 12:00:00.500000",
      "2024-03-31 01:30:00.123456",
      "12:34:56.100000",
      "NULL",
      "5c4e",
    ),
    row("4", ...Array<null>(10).fill(null)),
  ]);
});

function row(...values: (string | null)[]) {
  const names = ["id", "i", "f", "n", "b", "d", "dt", "ts", "t", "s", "y"];
  return Object.fromEntries(names.map((name, at) => [name, values[at]]));
}

const texts = [
  ...'|NULL|null|\\N|\\\\N|\\.|\\|\'|"|""|\t|\n|\r\n|\r|,|a"b,c\nd|é ü 漢字 😀 \u200f\u202e|\u0001\u0007\u001f\u007f| pad |~|\ufeffx'.split(
    "|",
  ),
];

test.each(formats)("texts arrive in both databases through %s", async (format, extra) => {
  const name = `texts_${format.replaceAll(" ", "_").toLowerCase()}`;
  const list = texts.map((text, at) => `select ${at} as id, ${sqlText(text)} as v`);
  const query = `select *${extra} from (${list.join(" union all ")} union all select ${texts.length}, repeat('x漢', 100000) union all select ${texts.length + 1}, null)`;
  for (const kind of kinds) {
    expect(await exportTo(kind, name, query)).toEqual(succeeded);
    const found = await read(kind, `select v from ${name} order by id`);
    expect(found.map(({ v }) => v)).toEqual([...texts, "x漢".repeat(100_000), null]);
  }
});

test.each(formats)(
  "arrays and structs arrive in both databases through %s",
  async (format, extra) => {
    const name = `nested_${format.replaceAll(" ", "_").toLowerCase()}`;
    const query = `select 1 as id, [1, -2] as ints, ['', 'a"b', '\\\\', 'x,y', 'NULL', '{'] as texts, [timestamp '2024-01-01 00:00:00.5+00'] as instants,
      struct(9007199254740993 as big, numeric '0.1' as n, 'q"' as s, [struct(b'\\x00' as y, cast('nan' as float64) as f)] as list) as whole${extra}
    union all select 2, array<int64>[], array<string>[], array<timestamp>[], null${extra === "" ? "" : ", null"}`;
    for (const kind of kinds) expect(await exportTo(kind, name, query)).toEqual(succeeded);
    const whole = '{"big":9007199254740993,"n":"0.1","s":"q\\"","list":[{"y":"AA==","f":"NaN"}]}';
    const columns = "ints, texts, instants::text as instants, whole::text as whole";
    expect(await read("postgres", `select ${columns} from ${name} order by id`)).toEqual([
      {
        ints: ["1", "-2"],
        texts: ["", 'a"b', "\\", "x,y", "NULL", "{"],
        instants: '{"2024-01-01 00:00:00.5+00"}',
        whole,
      },
      { ints: [], texts: [], instants: "{}", whole: null },
    ]);
    expect(
      await read("mysql", `select ints, texts, instants, whole from ${name} order by id`),
    ).toEqual([
      {
        ints: "[1,-2]",
        texts: JSON.stringify(["", 'a"b', "\\", "x,y", "NULL", "{"]),
        instants: '["2024-01-01T00:00:00.5Z"]',
        whole,
      },
      { ints: "[]", texts: "[]", instants: "[]", whole: null },
    ]);
  },
);

test("JSON arrives as it is, its null apart from NULL", async () => {
  const deep = `${'{"a":['.repeat(10)}1${"]}".repeat(10)}`;
  const values = ["null", '"x"', "-0.5", '{"b":[1,null,{"c":"\\\\u0000é😀"}],"a":""}', deep];
  const list = values.map((value, at) => `select ${at} as id, JSON r'''${value}''' as v`);
  const query = `${list.join(" union all ")} union all select 9, null`;
  for (const kind of kinds) {
    expect(await exportTo(kind, "jsons", query)).toEqual(succeeded);
    const cast = kind === "postgres" ? "v::text" : "v";
    const found = await read(kind, `select ${cast} as v from jsons order by id`);
    expect(found.map(({ v }) => v && JSON.parse(String(v)))).toEqual([
      ...values.map((value) => JSON.parse(value)),
      null,
    ]);
    expect(found.map(({ v }) => v === null)).toEqual([false, false, false, false, false, true]);
  }
});

test("what a database has not is refused with column and remedy, before anything is there", async () => {
  const floats = "select cast(x as float64) as v from unnest(['nan', 'inf', '-inf']) as x";
  expect(await exportTo("postgres", "floats", floats)).toEqual(succeeded);
  expect(await read("postgres", "select v::text from floats order by v")).toEqual(
    ["-Infinity", "Infinity", "NaN"].map((v) => ({ v })),
  );
  const refused = await exportTo("mysql", "floats", floats);
  expect(refused.state).toBe("failed");
  expect(refused.reason).toMatch(/column v holds .* MySQL has no NaN/);
  expect(await read("mysql", "show tables like 'floats'")).toEqual([]);
  const nul = await exportTo("postgres", "nuls", "select 'a\\x00b' as v");
  expect(nul.reason).toMatch(/column v holds a NUL character in row 1/);
  expect(await read("mysql", "show tables like 'maestro%'")).toEqual([]);
  expect(await exportTo("mysql", "nuls", "select 'a\\x00b' as v")).toEqual(succeeded);
  expect(await read("mysql", "select v from nuls")).toEqual([{ v: "a\0b" }]);
});

test("a table above the limits is refused by the name of the setting", async () => {
  const { limits } = opened.deps;
  limits.exportMaxRows = 2;
  const query = "select x from unnest([1, 2, 3]) as x";
  const many = await exportTo("postgres", "many", query);
  limits.exportMaxRows = 1_000_000;
  expect(many.reason).toMatch(/has 3 rows, and 2 are exported at most.*MAESTRO_EXPORT_MAX_ROWS/);
  limits.exportMaxBytes = 20;
  const large = await exportTo("postgres", "large", query);
  limits.exportMaxBytes = 2 ** 30;
  expect(large.reason).toMatch(/24 bytes, and 20.*MAESTRO_EXPORT_MAX_BYTES/);
  await expect(read("postgres", "select * from many")).rejects.toThrow(/does not exist/);
});

test("the staged files are gone, and the row tells what was done", async () => {
  const tableRun = await exportTo("postgres", "told", "select 1 as x union all select 2");
  expect(tableRun).toEqual(succeeded);
  await vi.waitUntil(async () => (await opened.deps.objectStore.list("exports/")).length === 0);
  const { rows } = await opened.deps.pool.query(
    "select rows, statement, result from transfers order by id desc limit 1",
  );
  expect(rows).toEqual([
    {
      rows: "2",
      statement: expect.stringMatching(/^copy "public"."told" \("x"\) from stdin/),
      result: { rows: 2, target: "postgres: told" },
    },
  ]);
});

function sqlText(text: string): string {
  return `'${[...text].map((each) => `\\U${each.codePointAt(0)!.toString(16).padStart(8, "0")}`).join("")}'`;
}
