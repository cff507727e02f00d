import type { FieldSchema, TablePreview } from "../../shared/table.ts";

/** BigQuery as Maestro uses it. The one implementation is bigquery.ts, over Google's client. */
export interface Warehouse {
  readonly projectId: string;
  readonly location: string;
  /**
   * Inserts a job under our id. `adopted`: the id existed already (409), with the configuration it
   * then has, so that the caller can compare. Throws MaestroError; `retryable` set for transient
   * faults, `conflict` where the id is taken and the job is not to be seen.
   */
  insertJob(
    jobId: string,
    configuration: JobConfiguration,
    labels: Record<string, string>,
  ): Promise<JobStatus & { adopted: boolean }>;
  /** Null where BigQuery has no such job. */
  getJob(jobId: string): Promise<JobStatus | null>;
  /**
   * Long-polls until the query job is done or `timeoutMs` has passed; then its status as it is, or
   * null where BigQuery has no such job.
   * Success is told by one answer, with what that says of the statistics (`isUnread`).
   */
  awaitQuery(jobId: string, timeoutMs: number): Promise<JobStatus | null>;
  /** False where BigQuery has no such job. */
  cancelJob(jobId: string): Promise<boolean>;
  /**
   * Runs nothing. Throws `invalidSql` with its position where BigQuery refuses. Names without a
   * dataset are of `defaultDataset`.
   */
  dryRun(
    query: string,
    options: { legacySql: boolean; defaultDataset?: string },
  ): Promise<DryRunStatistics>;
  /** Null where the table does not exist. */
  getTable(dataset: string, name: string): Promise<StoredTable | null>;
  /** The same as BigQuery has it (REST reference, tables resource). */
  describeTable(dataset: string, name: string): Promise<Record<string, unknown> | null>;
  /** Rows in the order that the table has them, as `preview` shows them. Free of charge. */
  readPage(
    dataset: string,
    name: string,
    page: { schema: FieldSchema[]; maxRows: number; pageToken: string | null },
  ): Promise<{ rows: unknown[][]; nextPageToken: string | null }>;
  preview(dataset: string, name: string, maxRows: number): Promise<TablePreview>;
  /**
   * Makes it where it is not there. It is asked for once, and again after a job that failed because it
   * was dropped: by an insert that is answered `notFound`, or at its end, which is then retryable.
   */
  ensureDataset(dataset: string): Promise<void>;
}

export interface StoredTable {
  schema: FieldSchema[];
  rowCount: number;
  bytes: number;
  /** Another after each change of the table. */
  modifiedAt: string;
}

/** BigQuery's JobConfiguration (REST reference, jobs resource) without its labels. */
export type JobConfiguration =
  | { query: Record<string, unknown> }
  | { load: Record<string, unknown> }
  | { extract: Record<string, unknown> }
  | { copy: Record<string, unknown> };

export interface JobStatus {
  state: "PENDING" | "RUNNING" | "DONE";
  /** Set when done and failed. */
  error: { reason: string; message: string; retryable: boolean } | null;
  configuration: Record<string, unknown>;
  /** As BigQuery returned them. */
  statistics: Record<string, unknown>;
  /** It is known to have succeeded, and its statistics are still to be read by `getJob`. */
  isUnread?: boolean;
  /** Rows of a query's result, where its end was told by `awaitQuery`. */
  resultRows?: number;
}

export interface DryRunStatistics {
  bytesProcessed: number;
  schema: FieldSchema[];
  /** `project.dataset.table`. */
  referencedTables: string[];
  /** `SELECT`, `SCRIPT`, `CREATE_TABLE` …; absent where BigQuery does not say. */
  statementType?: string;
}
