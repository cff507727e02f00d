import { Transform } from "node:stream";
import type { ExportWork } from "./export-work.ts";
import type { SentRows } from "./sent-rows.ts";

const reportMs = 500;

/** Counts what passes and reports it twice a second. */
export function watchRows(sent: SentRows, { report }: Pick<ExportWork, "report">) {
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
    rows = Math.max(rows, sent.rowsSoFar());
    report({ rows, bytes });
  }, reportMs);
  return { stream, bytes: () => bytes, stop: () => clearInterval(timer) };
}
