/** The figures that lists, costs and checks read, out of a job's statistics (REST: JobStatistics). */
export interface JobFigures {
  bytesProcessed: number | null;
  bytesBilled: number | null;
  slotMs: number | null;
  cacheHit: boolean | null;
  startMs: number | null;
  endMs: number | null;
  /** Rows that a load stored. */
  outputRows: number | null;
  /** Files that an extract wrote. */
  fileCount: number | null;
}

export function summarizeStatistics(statistics: Record<string, unknown>): JobFigures {
  const query = record(statistics["query"]);
  const counts = record(statistics["extract"])["destinationUriFileCounts"];
  return {
    bytesProcessed: number(statistics["totalBytesProcessed"] ?? query["totalBytesProcessed"]),
    bytesBilled: number(query["totalBytesBilled"]),
    slotMs: number(statistics["totalSlotMs"] ?? query["totalSlotMs"]),
    cacheHit: typeof query["cacheHit"] === "boolean" ? query["cacheHit"] : null,
    startMs: number(statistics["startTime"]),
    endMs: number(statistics["endTime"]),
    outputRows: number(record(statistics["load"])["outputRows"]),
    fileCount: Array.isArray(counts)
      ? counts.reduce((sum: number, count) => sum + (number(count) ?? 0), 0)
      : null,
  };
}

function record(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
}

/** REST writes 64-bit integers as strings. */
function number(value: unknown): number | null {
  if (value === undefined || value === null || value === "") return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}
