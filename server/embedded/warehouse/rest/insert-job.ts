import { randomUUID } from "node:crypto";
import type { WarehouseContext } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import { type JobConfiguration, type JobDocument, jobType } from "../job-resource.ts";
import type { JobRunner } from "../job-runner.ts";
import type { JobRecord } from "../job-store.ts";
import { dryRunQuery } from "../run-query-job.ts";
import { dryRunScript } from "../script/dry-run-script.ts";
import { scriptOf } from "../script/script-text.ts";
import { objectOf, ownTables } from "./own-tables.ts";

export interface JobRequest {
  jobReference?: { projectId?: string; jobId?: string; location?: string };
  configuration?: JobConfiguration;
}

const kinds = ["query", "load", "extract", "copy"];
const userEmail = "local@maestro.local";

/** A request as a job that is not yet accepted. Throws `invalid` for what cannot be one. */
export function newJob(
  context: WarehouseContext,
  projectId: string,
  request: JobRequest,
): JobDocument {
  const configuration = ownTables(
    objectOf(request.configuration ?? {}, "configuration"),
    projectId,
  );
  const text = (configuration["query"] as { query?: unknown } | undefined)?.query ?? "";
  if (typeof text !== "string") {
    throw new WarehouseError("invalid", "Invalid value for query: a string is expected");
  }
  const jobReference = objectOf(request.jobReference ?? {}, "jobReference");
  if ((jobReference["projectId"] ?? projectId) !== projectId) {
    throw new WarehouseError(
      "invalid",
      `Value ${jobReference["projectId"]} in content does not agree with value ${projectId}. This can happen when a value set through a parameter is inconsistent with a value set in the request.`,
    );
  }
  const given = kinds.filter((kind) => configuration[kind]);
  if (given.length !== 1) {
    throw new WarehouseError(
      "invalid",
      "Required parameter is missing: one of query, load, extract, copy",
    );
  }
  const jobId = jobReference["jobId"] ?? `job_${randomUUID().replaceAll("-", "")}`;
  if (typeof jobId !== "string" || !/^[\w-]{1,1024}$/.test(jobId)) {
    throw new WarehouseError("invalid", `Invalid job ID ${JSON.stringify(jobId)}`);
  }
  for (const [key, value] of Object.entries(objectOf(configuration.labels ?? {}, "labels"))) {
    if (
      /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) &&
      /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(String(value))
    )
      continue;
    throw new WarehouseError(
      "invalid",
      `Invalid label: ${key}: ${value}. Labels are lower case letters, digits, - and _`,
    );
  }
  return {
    projectId,
    jobId,
    location: context.location,
    userEmail,
    configuration: { ...configuration, jobType: jobType(configuration) },
    statistics: { creationTime: String(Date.now()) },
    outcome: null,
  };
}

/** Accepts and starts. The answer means that the job is on disk. */
export async function acceptJob(
  context: WarehouseContext,
  runner: JobRunner,
  job: JobDocument,
): Promise<JobRecord> {
  const record = await context.jobs.accept(job);
  runner.start(record);
  return record;
}

/** A query that has not ended by then is put on disk while it runs. */
const keptAfterMs = 200;

/** Starts at once: nobody is told of the job before its end, or `JobStore.keep`, is on disk. */
export function startQuery(
  context: WarehouseContext,
  runner: JobRunner,
  job: JobDocument,
): JobRecord {
  const record = context.jobs.take(job);
  runner.start(record);
  // Where it fails, it fails again for who waits for it.
  const keep = () => void context.jobs.keep(record).catch(() => undefined);
  const timer = setTimeout(keep, keptAfterMs);
  void record.done.then(() => clearTimeout(timer));
  return record;
}

/** A dry run's job: done, kept nowhere. */
export async function dryRun(context: WarehouseContext, job: JobDocument): Promise<JobDocument> {
  const { creationTime } = job.statistics;
  const statistics = job.configuration["query"] ? await dryRunStatistics(context, job) : {};
  return {
    ...job,
    statistics: { creationTime, startTime: creationTime, endTime: creationTime, ...statistics },
    outcome: { error: null, errors: [] },
  };
}

async function dryRunStatistics(
  context: WarehouseContext,
  job: JobDocument,
): Promise<Record<string, unknown>> {
  const script = scriptOf(job);
  return script ? dryRunScript(context, job, script) : dryRunQuery(context, job);
}

/** Until the job is done or the time is over; answers whether it is done. */
export async function waitForJob(record: JobRecord, timeoutMs: number): Promise<boolean> {
  if (record.state === "DONE") return true;
  if (timeoutMs <= 0) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([record.done, promise]);
  clearTimeout(timer);
  return (record.state as string) === "DONE";
}
