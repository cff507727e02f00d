import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { csvFrame } from "../../server/connectors/mysql-csv.ts";
import { writeToMysql } from "../../server/connectors/mysql-target-table.ts";
import { newMysqlType, typeOfNewMysql } from "../../server/connectors/mysql-target-types.ts";
import { openStagedRows } from "../../server/connectors/staged-rows.ts";
import { stagedSizes } from "../../server/connectors/staged-size.ts";
import { encodedColumns } from "../../server/connectors/target-columns.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { exportFiles, field } from "./export-support.ts";
import { pageOfVersionTwo } from "./parquet-page-support.ts";
import { createSourceDatabase, type SourceDatabase, withDirectory } from "./support.ts";

/*
 * DuckDB reads any file; what is read without it must be the same. Files in Snappy take the one way, those
 * in zstd the other.
 */

let target: SourceDatabase;
let duckDb: DuckDBConnection;
beforeAll(async () => {
  target = await createSourceDatabase();
  duckDb = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
});
afterAll(async () => {
  duckDb.closeSync();
  await target.drop();
});

const columns: [name: string, field: string, type: string, hardest: string[]][] = [
  [
    "n",
    "INTEGER",
    "BIGINT",
    ["-9223372036854775808", "9223372036854775807", "0", "-1", "4294967296"],
  ],
  [
    "d",
    "FLOAT",
    "DOUBLE",
    ["-0.0", "5e-324", "1.7976931348623157e308", "1e21", "0.1", "-123456.78125"],
  ],
  ["b", "BOOLEAN", "BOOLEAN", ["true", "false"]],
  [
    "x",
    "NUMERIC",
    "DECIMAL(38, 9)",
    [
      ...["99999999999999999999999999999.999999999", "-99999999999999999999999999999.999999999"],
      ...["0", "0.000000001", "-0.000000001", "9999.0001", "-10000", "9007199.254740991"],
      ...[
        "9007199.254740992",
        "-9007199.254740993",
        "123456789012.34",
        "0.1",
        "10",
        "36028797.018963967",
      ],
    ],
  ],
  [
    "s",
    "STRING",
    "VARCHAR",
    [
      ...[
        "''",
        "'NULL'",
        "'N'",
        "chr(92) || 'N'",
        "'a,b'",
        `'"'`,
        `'"a""b"'`,
        "chr(10)",
        "chr(13) || chr(10)",
      ],
      ...[
        "chr(9)",
        "chr(92)",
        "'😀漢é'",
        "repeat('long \"', 300000)",
        "' '",
        "chr(1)",
        `repeat('x', 47) || '"'`,
      ],
    ],
  ],
  ["y", "BYTES", "BLOB", ["''::BLOB", "'\\x00\\xFF\\x22'::BLOB", "'\\x0A'::BLOB"]],
  [
    "t",
    "DATE",
    "DATE",
    ["'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'1600-02-29'", "'2000-03-01'"],
  ],
  [
    "l",
    "DATETIME",
    "TIMESTAMP",
    [
      "'0001-01-01 00:00:00'",
      "'9999-12-31 23:59:59.999999'",
      "'1969-12-31 23:59:59.000001'",
      "'1999-12-31'",
    ],
  ],
  [
    "z",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    ["'0001-01-01 00:00:00+00'", "'9999-12-31 23:59:59.999999+00'", "'2038-01-19 03:14:08.5+00'"],
  ],
  ["c", "TIME", "TIME", ["'00:00:00'", "'23:59:59.999999'", "'12:34:56.7'"]],
];
const fields = [field("i", "INTEGER"), ...columns.map(([name, type]) => field(name, type))];

const othersOf: Record<string, string> = {
  BIGINT: "(hash(i) >> 3)::bigint",
  DOUBLE: "(hash(i) >> 12) / 1024.0",
  BOOLEAN: "i % 3 = 0",
  "DECIMAL(38, 9)": "((hash(i) >> 20)::bigint / 1000)::decimal(38, 9)",
  VARCHAR: `case when i % 3 = 0 then 'one of ' || i % 9 else repeat('text "' || i, 1 + (i % 40)::int) end`,
  BLOB: "encode(repeat('b' || i, (i % 30)::int))",
  DATE: "date '1900-01-01' + (i * 11)::int",
  TIMESTAMP: "timestamp '1900-01-01' + i * interval '700001.000001 s'",
  TIMESTAMPTZ: "timestamptz '1965-01-01 00:00:00+00' + i * interval '400000.25 s'",
  TIME: "time '00:00:00' + i * interval '13.000007 s'",
};

/** Rows of the hardest values, then many others, with runs of values and of NULLs. */
const rowCount = 6_000;
const select = `select i::bigint as i, ${columns
  .map(([name, , type, hardest], at) => {
    const values = `[${hardest.map((value) => `(${value})::${type}`).join(", ")}]`;
    const other = othersOf[type] ?? `(${hardest[0]})::${type}`;
    return `case when (i // 7 + ${at}) % 5 = 0 then null
      when i < 100 then list_extract(${values}, 1 + (i % ${hardest.length})::int) else ${other} end as ${name}`;
  })
  .join(", ")} from range(${rowCount}) r(i)`;

const layouts: Record<string, string> = {
  "one page a column": "compression zstd",
  "many row groups": "compression zstd, row_group_size 2048",
  "no compression": "compression uncompressed, row_group_size 2048",
};

async function stage(directory: string, options: string): Promise<string> {
  const path = join(directory, `${Object.values(layouts).indexOf(options)}.parquet`);
  await duckDb.run("set timezone = 'UTC'");
  await duckDb.run(`copy (${select}) to '${path}' (format parquet, ${options})`);
  return path;
}

test("PostgreSQL gets the same values of its binary format as of texts", async () => {
  await withDirectory(async (directory) => {
    const byDuckDb = await stage(directory, "compression snappy");
    const slow = { paths: [byDuckDb], fields, directory };
    const asText = await exportFiles(target.address, slow, { table: "as_text" });
    expect([asText.rows, asText.statement]).toEqual([
      rowCount,
      expect.not.stringMatching("binary"),
    ]);
    for (const options of Object.values(layouts)) {
      const files = { paths: [await stage(directory, options)], fields, directory };
      const done = await exportFiles(target.address, files, { table: "as_binary" });
      expect([done.rows, done.statement]).toEqual([
        rowCount,
        expect.stringMatching("format binary"),
      ]);
      const rows = (table: string) => `select ${table}::text from ${table}`;
      const differing = await target.query(
        `(${rows("as_text")} except all ${rows("as_binary")}) union all
         (${rows("as_binary")} except all ${rows("as_text")}) limit 3`,
      );
      expect(differing).toEqual([]);
    }
  });
}, 60_000);

/** What LOAD DATA is sent, without a server; null where it goes by way of DuckDB. */
async function csvOf(directory: string, paths: string[], some: FieldSchema[]) {
  const [size] = stagedSizes(some);
  const rows = await openStagedRows({ format: "PARQUET", paths, fields: some, directory, size });
  const written = some.flatMap((each, at) => {
    const type = typeOfNewMysql(newMysqlType(each, false));
    return writeToMysql({ name: each.name, type }, each, at) ?? [];
  });
  const encoded = encodedColumns(written);
  const sent = encoded && rows.encode(encoded, csvFrame);
  const csv = join(directory, "sent.csv");
  if (sent) await pipeline(sent.stream, createWriteStream(csv));
  const count = await sent?.written;
  await rows.close();
  return count === undefined ? null : { csv, count };
}

test.each(Object.entries(layouts))(
  "MySQL's texts are the values that were staged: %s",
  async (_, options) => {
    await withDirectory(async (directory) => {
      const path = await stage(directory, options);
      const sent = await csvOf(directory, [path], fields);
      expect(sent?.count).toBe(rowCount);
      const types = [
        "'i': 'BIGINT'",
        ...columns.map(([name, , type]) => `'${name}': '${textIn(type)}'`),
      ];
      const list = columns.map(([name, , type]) =>
        type === "BLOB" ? `unhex(${name}) as ${name}` : name,
      );
      const read = `select i, ${list.join(", ")} from read_csv('${sent?.csv}', auto_detect = false, header = false,
      delim = ',', quote = '"', escape = '"', nullstr = 'NULL', allow_quoted_nulls = false, parallel = false,
      max_line_size = 4000000, columns = {${types.join(", ")}})`;
      const staged = `select * from '${path}'`;
      const differing = await duckDb.runAndReadAll(
        `(${read} except all ${staged}) union all (${staged} except all ${read}) limit 3`,
      );
      expect(differing.getRowsJson()).toEqual([]);
    });
  },
);

const textIn = (type: string) => (type === "BLOB" ? "VARCHAR" : type);

test("files that are broken or of another table are refused, and never read half", async () => {
  await withDirectory(async (directory) => {
    const path = await stage(directory, "compression zstd");
    const other = [field("i", "INTEGER"), field("other", "STRING")];
    const changed = exportFiles(
      target.address,
      { paths: [path], fields: other, directory },
      { table: "never" },
    );
    await expect(changed).rejects.toMatchObject({ code: "conflict" });
    expect(await csvOf(directory, [path], fields.slice(0, 1)).catch(({ code }) => code)).toBe(
      "conflict",
    );
    const { pages, footer, packedAt } = pageOfVersionTwo([7n, null, -8n]);
    pages.fill(0, packedAt, packedAt + 4);
    const broken = join(directory, "broken.parquet");
    await writeFile(broken, Buffer.concat([pages, footer]));
    await expect(csvOf(directory, [broken], [field("n", "INTEGER")])).rejects.toMatchObject({
      code: "internal",
    });
  });
});

test("pages of the second version, whose levels are not compressed, are read too", async () => {
  await withDirectory(async (directory) => {
    const values = [7n, null, -8n, 2n ** 62n, null];
    const { pages, footer } = pageOfVersionTwo(values);
    const path = join(directory, "two.parquet");
    await writeFile(path, Buffer.concat([pages, footer]));
    const sent = await csvOf(directory, [path], [field("n", "INTEGER")]);
    expect(sent?.count).toBe(values.length);
    const { rows } = await duckDb
      .runAndReadAll(`select content as rows from read_text('${sent?.csv}')`)
      .then((reader) => ({ rows: reader.getRowsJson()[0]?.[0] }));
    expect(rows).toBe(values.map((value) => `${value ?? "NULL"}\n`).join(""));
  });
});
