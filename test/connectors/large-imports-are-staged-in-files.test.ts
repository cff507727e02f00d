import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createSourceDatabase,
  nullMarker,
  type SourceDatabase,
  stage,
  withDirectory,
} from "./support.ts";

/** What looks like the end of a row, and like the next one, within a value; of two rows one is large. */
const text = `case when i % 100 = 0 then repeat('x', 100000) else repeat(E'a "q",\\n"1","2"\\n', 40) end`;
const rows = 9_000;

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSourceDatabase();
  await source.query(
    `create table plain as select i as id, ${text} as text from generate_series(1, ${rows}) i`,
  );
  await source.query(
    "create table documents as select id, text, jsonb_build_object('text', text) as document from plain",
  );
});
afterAll(() => source.drop());

test.each([
  ["plain", "PARQUET", (path: string) => `read_parquet('${path}')`],
  [
    "documents",
    "CSV",
    (path: string) =>
      `read_csv('${path}', header = false, auto_detect = false, nullstr = '${nullMarker}', quote = '"', escape = '"',
        max_line_size = 4000000, columns = {id: 'BIGINT', text: 'VARCHAR', document: 'VARCHAR'})`,
  ],
])(
  "a large table, %s, is several files of whole rows, none lost and none twice",
  async (table, format, read) => {
    await withDirectory(async (directory) => {
      const { files, file } = await stage(source, `select * from ${table}`, directory);
      expect(file.format).toBe(format);
      expect(files.length).toBeGreaterThan(1);
      expect(files.reduce((sum, each) => sum + each.rows, 0)).toBe(rows);
      const union = files
        .map(({ path }) => `select id, text from ${read(path)}`)
        .join(" union all ");
      expect(
        await answerOf(
          `select count(*), count(distinct id), sum(hash(text) % 1000) from (${union})`,
        ),
      ).toEqual(
        await answerOf(
          `select ${rows}, ${rows}, sum(hash(${text.replaceAll("E'", "e'")}) % 1000) from range(1, ${rows + 1}) r(i)`,
        ),
      );
    });
  },
);

async function answerOf(query: string) {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const [row] = (await connection.runAndReadAll(query)).getRowsJson();
    return row!.map(String);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
