import { Transform } from "node:stream";
import type { CsvRows, ExportWork } from "./export-work.ts";

const reportMs = 500;

/** Counts what passes and reports it twice a second. */
export function watchRows(csv: CsvRows, { report }: Pick<ExportWork, "report">) {
  let bytes = 0;
  const stream = new Transform({
    highWaterMark: 256 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  let rows = 0;
  const timer = setInterval(() => {
    // DuckDB forgets its count when it is done.
    rows = Math.max(rows, csv.rowsSoFar());
    report({ rows, bytes });
  }, reportMs);
  return { stream, bytes: () => bytes, stop: () => clearInterval(timer) };
}
