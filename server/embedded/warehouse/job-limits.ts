import { WarehouseError } from "./contract.ts";
import type { JobDocument } from "./job-resource.ts";

/** What all jobs of the local warehouse share; each is a setting. */
export interface WarehouseLimits {
  /** MiB of memory that queries may take together. */
  memoryMb: number;
  /** MiB of temporary files of what does not fit into memory. */
  spillMb: number;
  /** Seconds that a job may run. */
  jobSeconds: number;
}

/** BigQuery's own limit. */
const bigQuerySeconds = 6 * 3600;

/** Timers of Node hold no more. */
const longestMs = 2 ** 31 - 1;

/** Stops a job when its time is over: its own (`jobTimeoutMs`), or what every job is granted. */
export function startDeadline(
  job: JobDocument,
  jobSeconds: number,
  stop: (why: WarehouseError) => void,
): () => void {
  const ownMs = Number(job.configuration["jobTimeoutMs"] ?? 0);
  const isOwn = ownMs > 0 && ownMs < jobSeconds * 1000;
  const timer = setTimeout(
    () => stop(isOwn ? ownTimeOver(ownMs) : timeOver(jobSeconds)),
    Math.min(longestMs, isOwn ? ownMs : jobSeconds * 1000),
  );
  return () => clearTimeout(timer);
}

function ownTimeOver(ms: number): WarehouseError {
  return new WarehouseError(
    "stopped",
    `Job execution was cancelled: Job timed out after ${Math.floor(ms / 1000)} sec`,
  );
}

function timeOver(seconds: number): WarehouseError {
  const time = seconds < 360 ? `${seconds} sec` : `${(seconds / 3600).toFixed(1)} hours`;
  const own =
    seconds === bigQuerySeconds
      ? ""
      : " The limit is the local warehouse's: MAESTRO_WAREHOUSE_JOB_SECONDS sets it.";
  return new WarehouseError(
    "timeout",
    `Operation timed out after ${time}. Consider reducing the amount of work performed by your operation so that it can complete within this limit.${own}`,
  );
}

/** What DuckDB says where a query does not fit into its memory, or what it lays aside on the disk. */
export function outOfMemory(text: string): WarehouseError {
  if (/max_temp_directory_size|offload data block/.test(text)) {
    const limit = /\(([\d.]+ \w+)\/([\d.]+ \w+) used\)/.exec(text)?.[2];
    return exceeded(
      `The query could not be executed in the allotted disk space${of(limit)} for what memory does not hold. MAESTRO_WAREHOUSE_SPILL_MB sets it.`,
    );
  }
  const limit = /([\d.]+ \w+)(?: |\/)([\d.]+ \w+) used/.exec(text)?.[2];
  return exceeded(
    `The query could not be executed in the allotted memory${of(limit)}. MAESTRO_WAREHOUSE_MEMORY_MB sets it.`,
  );
}

function of(limit: string | undefined): string {
  return limit === undefined ? "" : ` of ${limit}`;
}

/** The process has grown beyond its bound by what DuckDB does not count. */
export function processTooLarge(bytes: number, memoryMb: number): WarehouseError {
  return exceeded(
    `The query could not be executed in the allotted memory of ${memoryMb} MiB: the local warehouse had grown to ${Math.round(bytes / 2 ** 20)} MiB. MAESTRO_WAREHOUSE_MEMORY_MB sets it.`,
  );
}

function exceeded(why: string): WarehouseError {
  return new WarehouseError(
    "resourcesExceeded",
    `Resources exceeded during query execution: ${why}`,
  );
}
