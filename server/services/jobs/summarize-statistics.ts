import type { JobFigures } from "../../../shared/job.ts";
import { wholeNumber } from "../../support/whole-number.ts";

/** What lists, costs and checks read, out of a job's statistics (REST: JobStatistics). */
export interface StatisticsSummary extends JobFigures {
  /** Rows that a load stored. */
  outputRows: number | null;
  /** Files that an extract wrote. */
  fileCount: number | null;
}

/** A figure that is none, or that no column holds, is left out: it must not keep the job's end from being written. */
export function summarizeStatistics(statistics: Record<string, unknown>): StatisticsSummary {
  const query = record(statistics["query"]);
  const counts = record(statistics["extract"])["destinationUriFileCounts"];
  return {
    bytesProcessed: wholeNumber(statistics["totalBytesProcessed"] ?? query["totalBytesProcessed"]),
    bytesBilled: wholeNumber(query["totalBytesBilled"]),
    slotMs: wholeNumber(statistics["totalSlotMs"] ?? query["totalSlotMs"]),
    cacheHit: typeof query["cacheHit"] === "boolean" ? query["cacheHit"] : null,
    startMs: instant(statistics["startTime"]),
    endMs: instant(statistics["endTime"]),
    outputRows: wholeNumber(record(statistics["load"])["outputRows"]),
    fileCount: Array.isArray(counts)
      ? counts.reduce((sum: number, count) => sum + (wholeNumber(count) ?? 0), 0)
      : null,
  };
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

/** The last millisecond of the year 9999. PostgreSQL and RFC 3339 write no later one alike. */
const lastInstantMs = 253_402_300_799_999;

function instant(value: unknown): number | null {
  const ms = wholeNumber(value);
  return ms !== null && ms <= lastInstantMs ? ms : null;
}
