import type { CellSink } from "./csv-cells.ts";
import { GzipBlocks } from "./gzip-blocks.ts";
import type { RowsFile } from "./rows-file.ts";
import type { SourceColumn } from "./source-column.ts";
import { csvCell, jsonCell, TextBuffer } from "./text-cells.ts";

/** CSV in gzip. */
export function csvFile(columns: SourceColumn[], nullMarker: string): RowsFile {
  return textFile((out) =>
    columns.map((column, at) =>
      csvCell(column, out, { nullMarker, isLast: at === columns.length - 1 }),
    ),
  );
}

/** JSON lines in gzip. */
export function jsonFile(columns: SourceColumn[]): RowsFile {
  return textFile((out) =>
    columns.map((column, at) =>
      jsonCell(column, out, { isFirst: at === 0, isLast: at === columns.length - 1 }),
    ),
  );
}

/** A larger buffer, which a long value needed, is not kept. */
const mostKeptBytes = 4 * 2 ** 20;

function textFile(cellsOf: (out: TextBuffer) => CellSink[]): RowsFile {
  const out = new TextBuffer();
  const spares: Buffer[] = [];
  let file: GzipBlocks | null = null;
  return {
    sinks: cellsOf(out),
    async open(path) {
      file = await GzipBlocks.open(path);
    },
    async flush() {
      const { bytes, length } = out;
      out.bytes = spares.pop() ?? Buffer.allocUnsafeSlow(bytes.length);
      out.length = 0;
      await file?.add(bytes.subarray(0, length), () => {
        if (bytes.length <= mostKeptBytes) spares.push(bytes);
      });
    },
    async close() {
      await file?.close();
      file = null;
    },
    async dispose() {
      await file?.abandon();
    },
  };
}
