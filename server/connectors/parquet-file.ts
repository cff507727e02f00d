import { type FileHandle, open } from "node:fs/promises";
import { collectGarbage } from "./collect-garbage.ts";
import { Compressor } from "./compressor.ts";
import { type Page, parquetColumn } from "./parquet-columns.ts";
import { type ChunkFacts, encodeGroup, footer, magic, pageHeader } from "./parquet-footer.ts";
import { Background, type RowsFile } from "./rows-file.ts";
import type { SourceColumn } from "./source-column.ts";
import { lengthOf, writeAll } from "./write-all.ts";

/** Parquet, zstd: a row group for each flush, one page for each column in it. */
export function parquetFile(columns: SourceColumn[]): RowsFile {
  const sinks = columns.map(parquetColumn);
  const compressors = [Compressor.zstd(), Compressor.zstd()];
  const background = new Background();
  let file: FileHandle | null = null;
  let groups: Buffer[] = [];
  let fileRows = 0;
  let offset = 0;
  const write = async (parts: Buffer[]) => {
    if (!file) throw new Error("no file is open");
    const bytes = await writeAll(file, parts);
    offset += bytes;
    collectGarbage(bytes);
  };
  const writeGroup = async (rows: number, pages: Page[]) => {
    const zipped = pages.map((page, at) =>
      compressors[at % compressors.length]?.compress(page.bytes).finally(page.release),
    );
    const group = groupOf(columns, pages, await Promise.all(zipped), offset);
    await write(group.parts);
    groups.push(encodeGroup(rows, group.chunks));
    fileRows += rows;
  };
  return {
    sinks,
    async open(path) {
      file = await open(path, "w");
      groups = [];
      fileRows = 0;
      offset = 0;
      await write([magic]);
    },
    async flush(rows) {
      await background.end();
      const pages = sinks.map((sink) => sink.takePage());
      background.start(writeGroup(rows, pages));
    },
    async close() {
      await background.end();
      await write([footer(columns, fileRows, groups)]);
      await file?.close();
      file = null;
    },
    async dispose() {
      await background.end().catch(() => undefined);
      for (const compressor of compressors) compressor.close();
      await file?.close();
    },
  };
}

/** What is written, and where its chunks begin. */
function groupOf(
  columns: SourceColumn[],
  pages: Page[],
  zipped: (Buffer[] | undefined)[],
  from: number,
) {
  const parts: Buffer[] = [];
  const chunks: ChunkFacts[] = [];
  let offset = from;
  for (const [at, column] of columns.entries()) {
    const page = pages[at];
    const content = zipped[at];
    if (!page || !content) throw new Error(`the column ${column.name} has no page`);
    const plainBytes = page.bytes.length;
    const pageBytes = lengthOf(content);
    const header = pageHeader({ values: page.values, plainBytes, compressedBytes: pageBytes });
    const compressedBytes = header.length + pageBytes;
    parts.push(header, ...content);
    chunks.push({
      column,
      values: page.values,
      offset,
      compressedBytes,
      plainBytes: header.length + plainBytes,
    });
    offset += compressedBytes;
  }
  return { parts, chunks };
}
