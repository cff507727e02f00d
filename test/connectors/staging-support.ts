import { Readable } from "node:stream";
import { DuckDBInstance } from "@duckdb/node-api";
import type { RowStream } from "../../server/connectors/source.ts";
import type { ScalarType, SourceColumn } from "../../server/connectors/source-column.ts";
import { type StagedFile, stageRows } from "../../server/connectors/staging-file.ts";
import { nullMarker } from "./support.ts";

/* Rows as a source writes them, without a source. */

export const column = (name: string, type: ScalarType, isArray = false): SourceColumn => ({
  name,
  type,
  isArray,
  expression: name,
  decimal: null,
});

export type Cell = string | null;

export const csvOf = (rows: Cell[][]) =>
  rows
    .map((row) =>
      row.map((cell) => (cell === null ? "N" : `"${cell.replaceAll('"', '""')}"`)).join(","),
    )
    .map((line) => `${line}\n`)
    .join("");

export function streamOf(chunks: Iterable<Buffer>, rows: number): RowStream {
  const stream = Readable.from(chunks, { objectMode: false });
  return Object.assign(stream, { rows, bytes: 0, sourceRows: rows });
}

function* chunksOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function stageText(
  directory: string,
  columns: SourceColumn[],
  text: string | Buffer,
  { rows, chunk = 1000 }: { rows: number; chunk?: number },
): Promise<StagedFile[]> {
  const files: StagedFile[] = [];
  await stageRows({
    stream: streamOf(chunksOf(Buffer.from(text), chunk), rows),
    columns,
    directory,
    nullMarker,
    onFile: async (file) => void files.push(file),
  });
  return files;
}

export async function readParquet(files: StagedFile[], list = "*") {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const paths = files.map(({ path }) => `'${path}'`).join(", ");
    const select = `set timezone = 'UTC'; select ${list} from read_parquet([${paths}])`;
    return (await connection.runAndReadAll(select)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
