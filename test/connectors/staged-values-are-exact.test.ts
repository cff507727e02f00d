import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ScalarType, SourceColumn } from "../../server/connectors/source-column.ts";
import { type StagedFile, stageRows } from "../../server/connectors/staging-file.ts";
import { type Cell, column, csvOf, readParquet, stageText, streamOf } from "./staging-support.ts";
import { nullMarker } from "./support.ts";

/* Rows as a source writes them, without a source: every border of a value, and every border of a chunk. */

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "maestro-test-values-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const stage = (columns: SourceColumn[], text: string, rows: number, chunk = 1000) =>
  stageText(directory, columns, text, { rows, chunk });

/** One column of such texts, read back as DuckDB's text of each. */
async function staged(type: ScalarType, texts: Cell[]): Promise<unknown[]> {
  const rows = texts.map((text) => [text]);
  const files = await stage([column("v", type)], csvOf(rows), rows.length);
  return (await readParquet(files, "v::varchar")).map(([value]) => value);
}

const powersOf = (base: bigint, most: number) =>
  Array.from({ length: most + 1 }, (_, exponent) => base ** BigInt(exponent));
const around = (values: bigint[]) =>
  values.flatMap((value) => [value - 1n, value, value + 1n, -value, -value - 1n, -value + 1n]);

test("whole numbers arrive at every power of 2 and of 10", async () => {
  const held = around([...powersOf(2n, 63), ...powersOf(10n, 18)]).filter(
    (value) => value === BigInt.asIntN(64, value),
  );
  expect(await staged("INT64", held.map(String))).toEqual(held.map(String));
  expect(await staged("INT64", ["0", "-0", "007", "0000000000000000000042"])).toEqual([
    "0",
    "0",
    "7",
    "42",
  ]);
});

test("decimals arrive at every length before and behind the point", async () => {
  const wholes = around(powersOf(10n, 28)).map(String);
  const fractions = ["", ".1", ".09", ".123456789", ".000000001", ".999999999"];
  const texts = wholes.flatMap((whole) => fractions.map((fraction) => whole + fraction));
  const padded = texts.map((text) => {
    const [whole = "", fraction = ""] = text.split(".");
    return `${whole}.${fraction.padEnd(9, "0")}`;
  });
  expect(await staged("NUMERIC", texts)).toEqual(padded);
  expect(await staged("NUMERIC", ["-0.5", "00012.5", `-${"9".repeat(29)}.999999999`])).toEqual([
    "-0.500000000",
    "12.500000000",
    `-${"9".repeat(29)}.999999999`,
  ]);
});

test("floats are the nearest to their texts", async () => {
  const numbers = Array.from({ length: 3_000 }, (_, at) => {
    const exponent = (at % 40) - 20;
    return ((at * 7919 + 13) % 100_003) * 10 ** exponent * (at % 2 === 0 ? 1 : -1);
  });
  const texts = [
    ...numbers.map(String),
    "0.1",
    "123456789012.34",
    "5e-324",
    "1.7976931348623157e308",
  ];
  const files = await stage(
    [column("v", "FLOAT64")],
    csvOf(texts.map((text) => [text])),
    texts.length,
  );
  expect((await readParquet(files)).map(([value]) => value)).toEqual(texts.map(Number));
});

test("instants arrive in each month of the first, the last and the leap years", async () => {
  const dates = [1, 4, 99, 100, 400, 1600, 1899, 1900, 1969, 1970, 2000, 2024, 2100, 9999].flatMap(
    (year) =>
      Array.from({ length: 12 }, (_, month) => {
        const last = new Date(Date.UTC(2000, month + 1, 0));
        const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
        const day = month === 1 && !isLeap ? 28 : last.getUTCDate();
        return [1, day].map((each) =>
          [String(year).padStart(4, "0"), month + 1, each]
            .map((part) => String(part).padStart(2, "0"))
            .join("-"),
        );
      }).flat(),
  );
  expect(await staged("DATE", dates)).toEqual(dates);
  const instants = dates.flatMap((date) => [
    `${date} 00:00:00`,
    `${date} 23:59:59.999999`,
    `${date} 13:07:08.000001`,
  ]);
  expect(await staged("DATETIME", instants)).toEqual(instants);
  const zoned = instants.map((instant) => `${instant}+00`);
  expect(await staged("TIMESTAMP", zoned)).toEqual(zoned);
  expect(await staged("TIMESTAMP", instants)).toEqual(zoned);
});

test.each<[ScalarType, string[]]>([
  ["INT64", ["", "-", "1.5", "1e3", "9223372036854775808", "-9223372036854775809", "12a", "+1"]],
  [
    "NUMERIC",
    ["", "-", ".", "1.", ".5", "NaN", "1e3", "1.0000000001", "1".repeat(30), "1.2.3", "1-2"],
  ],
  ["FLOAT64", ["", "-", "x", "1,5", "0x10", "infinity", "1 ", "1e999", "constructor"]],
  ["BOOL", ["", "2", "yes", "T", "constructor"]],
  [
    "DATE",
    [
      "",
      "0000-01-01",
      "2023-02-29",
      "1900-02-29",
      "2024-13-01",
      "2024-00-10",
      "2024-04-31",
      "10000-01-01",
      "0044-03-15 BC",
      "infinity",
      "2024-1-1",
    ],
  ],
  [
    "DATETIME",
    [
      "2024-01-01",
      "2024-01-01 24:00:00",
      "2024-01-01 10:60:00",
      "2024-01-01 10:00:60",
      "2024-01-01 10:00:00.1234567",
      "2024-01-01 10:00:00.",
      "2024-01-01T10:00:00",
      "2024-01-01 10:00:00+00",
      "infinity",
    ],
  ],
  [
    "TIMESTAMP",
    ["2024-01-01 10:00:00+02", "2024-01-01 10:00:00+00 BC", "-infinity", "0000-00-00 00:00:00"],
  ],
  ["TIME", ["24:00:00", "-01:00:00", "838:59:59", "10:00", "10:00:00+00"]],
  ["BYTES", ["", "\\x0", "\\x0g", "x"]],
])("%s takes no text of another kind, in Parquet as in CSV", async (type, texts) => {
  const isChecked = !["INT64", "FLOAT64", "BYTES"].includes(type);
  for (const text of texts) {
    const refusal = `column v holds ${text}, which does not fit into BigQuery's ${type}: convert it in the import's SQL, for example v::text`;
    const parquet = stage([column("v", type)], csvOf([[text]]), 1);
    await expect(parquet).rejects.toThrow(refusal);
    if (!isChecked) continue;
    const columns = [column("v", type), column("j", "JSON")];
    await expect(stage(columns, csvOf([[text, "1"]]), 1)).rejects.toThrow(refusal);
  }
});

test("rows are the same however their bytes come", async () => {
  const columns = [column("id", "INT64"), column("text", "STRING"), column("list", "STRING", true)];
  const texts = ["", "N", '"', '""', 'a "q" b', '","', '"\n"', "漢字 😀", "\r\n", "x".repeat(70)];
  const rows = texts.map((text, at): Cell[] => [
    String(at),
    at === 3 ? null : text,
    at === 4 ? null : JSON.stringify(texts.slice(0, at)),
  ]);
  const arrived = rows.map(([id, text], at) => [id, text, at === 4 ? [] : texts.slice(0, at)]);
  for (let size = 1; size < 70; size++) {
    expect(await readParquet(await stage(columns, csvOf(rows), rows.length, size))).toEqual(
      arrived,
    );
  }
});

test("NULLs and lists keep their rows, in many and in none", async () => {
  const columns = [column("id", "INT64"), column("n", "INT64"), column("l", "INT64", true)];
  const rows = Array.from({ length: 70_000 }, (_, at): Cell[] => [
    String(at),
    at % 7 === 0 ? null : String(at * 3),
    at % 11 === 0 ? null : `[${"9,".repeat(at % 4)}${at}]`,
  ]);
  const files = await stage(columns, csvOf(rows), rows.length, 64 * 1024);
  const wrong = await readParquet(
    files,
    `count(*), count(*) filter (n is distinct from case when id % 7 > 0 then id * 3 end),
     count(*) filter (l is distinct from case when id % 11 = 0 then []::bigint[]
       else list_concat(list_resize([]::bigint[], id % 4, 9::bigint), [id]) end)`,
  );
  expect(wrong).toEqual([["70000", "0", "0"]]);
});

test.each([
  [
    "a text that is not UTF-8",
    Buffer.from('"1","a ""b"""\n"2",N\n"3","caf\xe9"\n', "latin1"),
    /column text of row 3 holds caf\ufffd, which is not UTF-8, .* convert_to\(text, 'sql_ascii'\)/,
  ],
  ["a row of too many cells", Buffer.from('"1","x","y"\n'), /as many cells as columns/],
  ["a row of too few", Buffer.from('"1"\n'), /as many cells as columns/],
  ["a row that is not whole", Buffer.from('"1","x'), /ends within a row/],
  ["a value without quotes", Buffer.from("1,2\n"), /not quoted/],
])("%s is a fault, and no file", async (_, bytes, message) => {
  const files: StagedFile[] = [];
  const staging = stageRows({
    stream: streamOf([bytes], 1),
    columns: [column("id", "INT64"), column("text", "STRING")],
    directory,
    nullMarker,
    onFile: async (file) => void files.push(file),
  });
  await expect(staging).rejects.toThrow(message);
  expect(files).toEqual([]);
});
