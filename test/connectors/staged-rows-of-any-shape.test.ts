import { readdir, readFile, symlink } from "node:fs/promises";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { Compressor } from "../../server/connectors/compressor.ts";
import type { SourceColumn } from "../../server/connectors/source-column.ts";
import { type Cell, column, csvOf, readParquet, stageText } from "./staging-support.ts";
import { withDirectory } from "./support.ts";

const listColumns = [column("id", "INT64"), column("list", "STRING", true)];
const nested = [
  ["a", "b"],
  [],
  ["", " ", "null", "N", "[", "]", ",", '"', '""', "\\", '\\"', "\n", "\t", "\u0001", "é漢😀", "/"],
  ["x".repeat(5_000), 'y"'.repeat(3_000), "\\".repeat(2_001)],
  Array.from({ length: 20_000 }, (_, at) => String(at)),
];

test.each([" ", ""])("elements of arrays arrive as they were, with '%s' between", async (space) => {
  const rows = nested.map((list, at): Cell[] => [
    String(at),
    `[${list.map((text) => JSON.stringify(text)).join(`,${space}`)}]`,
  ]);
  await withDirectory(async (directory) => {
    const count = { rows: rows.length };
    const parquet = await stageText(directory, listColumns, csvOf(rows), count);
    expect(await readParquet(parquet, "list")).toEqual(nested.map((list) => [list]));
    const columns = [...listColumns, column("json", "JSON")];
    const text = csvOf(rows.map((row) => [...row, "{}"]));
    const [file] = await stageText(directory, columns, text, count);
    const lines = gunzipSync(await readFile(file?.path ?? ""))
      .toString()
      .trimEnd();
    expect(lines.split("\n").map((line) => JSON.parse(line).list)).toEqual(nested);
  });
});

test.each([
  ['["a",null]', "without NULL elements"],
  ['[["a"],["b"]]', "of one dimension"],
  ["[[]]", "of one dimension"],
  ['{"a":1}', "of one dimension"],
])("the array %s is refused: BigQuery's are %s", async (json, what) => {
  const refusal = `column list holds ${json}, which does not fit into an array of BigQuery (${what}): convert it in the import's SQL, for example to_json(list)`;
  await withDirectory(async (directory) => {
    for (const more of [[], [column("json", "JSON")]]) {
      const text = csvOf([["1", json, ...more.map(() => "1")]]);
      const staged = stageText(directory, [...listColumns, ...more], text, { rows: 1 });
      await expect(staged).rejects.toThrow(refusal);
    }
  });
});

test.each<[string, SourceColumn[]]>([
  ["Parquet", []],
  ["CSV", [column("json", "JSON")]],
])("short rows around a long one arrive whole, in %s", async (format, more) => {
  const columns = [column("id", "INT64"), column("text", "STRING"), ...more];
  const texts = Array.from({ length: 4_000 }, (_, at) => `${at} ${"-".repeat(at % 90)}`);
  texts[500] = "x".repeat(9_000_000);
  texts[501] = 'q"'.repeat(3_000_000);
  const rows = texts.map((text, at): Cell[] => [String(at), text, ...more.map(() => "{}")]);
  await withDirectory(async (directory) => {
    const options = { rows: rows.length, chunk: 65_521 };
    const files = await stageText(directory, columns, csvOf(rows), options);
    if (format === "Parquet") {
      const arrived = await readParquet(files, "text");
      expect(arrived.findIndex(([text], at) => text !== texts[at])).toBe(-1);
      return;
    }
    const parts = await Promise.all(
      files.map(async ({ path }) => gunzipSync(await readFile(path))),
    );
    expect(Buffer.concat(parts).equals(Buffer.from(csvOf(rows)))).toBe(true);
  });
});

test("a file of a thousand columns and several row groups is read by its footer", async () => {
  const columns = Array.from({ length: 1_000 }, (_, at) => column(`c${at}`, "INT64"));
  const row = columns.map((_, at) => String(1_000_000 + at));
  const rows = 900;
  await withDirectory(async (directory) => {
    const files = await stageText(directory, columns, csvOf(Array(rows).fill(row)), {
      rows,
      chunk: 64 * 1024,
    });
    const sums = await readParquet(files, "count(*), sum(c0), sum(c999)");
    expect(sums).toEqual([[String(rows), String(rows * 1_000_000), String(rows * 1_000_999)]]);
    const groups = `(select count(distinct row_group_id) from parquet_metadata('${files[0]?.path}')) > 1`;
    expect(await readParquet(files, `any_value(${groups})`)).toEqual([[true]]);
  });
});

/** Bytes that nothing makes shorter. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 12_345;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

test("each page is one frame, also where it fills the compressor's output to the last byte", async () => {
  const outputBytes = 256 * 1024;
  for (let short = 0; short < 40; short++) {
    const piece = noise(outputBytes - short);
    const compressor = Compressor.zstd();
    const frame = Buffer.concat(await compressor.compress(piece));
    compressor.close();
    const magic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
    expect([frame.indexOf(magic), frame.indexOf(magic, 1)]).toEqual([0, -1]);
    expect(zstdDecompressSync(frame).equals(piece)).toBe(true);
  }
});

test.each<[string, SourceColumn[]]>([
  ["data-00000.parquet", []],
  ["data-00000.csv.gz", [column("json", "JSON")]],
])("a full disk fails %s, and leaves no descriptor open", async (name, more) => {
  const columns = [column("id", "INT64"), ...more];
  await withDirectory(async (directory) => {
    await symlink("/dev/full", `${directory}/${name}`);
    const before = await descriptors();
    const text = csvOf([["1", ...more.map(() => "{}")]]);
    await expect(stageText(directory, columns, text, { rows: 1 })).rejects.toThrow("ENOSPC");
    expect(await descriptors()).toBe(before);
  });
});

async function descriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}
