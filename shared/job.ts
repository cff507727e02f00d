export const jobSteps = ["query", "load", "extract", "stage"] as const;
export type JobStep = (typeof jobSteps)[number];

export const jobStates = ["pending", "running", "succeeded", "failed", "cancelled"] as const;
export type JobState = (typeof jobStates)[number];

/** What a job took and when it ran, as its columns keep it; null where BigQuery did not tell. */
export interface JobFigures {
  bytesProcessed: number | null;
  bytesBilled: number | null;
  slotMs: number | null;
  cacheHit: boolean | null;
  /** Milliseconds since 1970, of BigQuery's clock. */
  startMs: number | null;
  endMs: number | null;
}

/** One BigQuery job: one attempt of one step of one table run. Instants are ISO strings. */
export interface JobView {
  id: number;
  bqJobId: string;
  step: JobStep;
  attempt: number;
  state: JobState;
  tableId: number | null;
  tableName: string | null;
  runId: number | null;
  tableRunId: number | null;
  error: string | null;
  bytesProcessed: number | null;
  bytesBilled: number | null;
  slotMs: number | null;
  cacheHit: boolean | null;
  /** `project.dataset.name` of what a query read; empty where its statistics are not known. */
  referencedTables: string[];
  /** Why the figures are not known, or not yet. */
  statisticsError: string | null;
  /** When its id was stored, before it was submitted. */
  createdAt: string;
  /** When BigQuery took it, by its own clock; null where its statistics are not known. */
  acceptedAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
}
