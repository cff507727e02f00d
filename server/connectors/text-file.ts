import { ByteBuffer } from "./byte-buffer.ts";
import type { CellSink } from "./csv-cells.ts";
import { GzipBlocks } from "./gzip-blocks.ts";
import type { RowsFile } from "./rows-file.ts";
import type { SourceColumn } from "./source-column.ts";
import { csvCell, jsonCell } from "./text-cells.ts";

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

const firstBytes = 64 * 1024;
/** A larger buffer, which a long value needed, is not kept. */
const mostKeptBytes = 4 * 2 ** 20;

function textFile(cellsOf: (out: ByteBuffer) => CellSink[]): RowsFile {
  const out = new ByteBuffer(firstBytes);
  const spares: Buffer[] = [];
  let file: GzipBlocks | null = null;
  return {
    sinks: cellsOf(out),
    async open(path) {
      file = await GzipBlocks.open(path);
    },
    async flush() {
      const { bytes, length } = out;
      const spareBytes = Math.min(bytes.length, mostKeptBytes);
      out.bytes = spares.pop() ?? Buffer.allocUnsafeSlow(spareBytes);
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
