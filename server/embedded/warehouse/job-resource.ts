import type { TableName } from "./contract.ts";

/** What the server keeps of a job: BigQuery's job resource less what is derived from it. */
export interface JobDocument {
  projectId: string;
  jobId: string;
  location: string;
  userEmail: string;
  configuration: JobConfiguration;
  statistics: Record<string, unknown> & { creationTime: string };
  /** Null while it is not done. */
  outcome: { error: JobError | null; errors: JobError[] } | null;
  /** A script's: where the rows of its last statement are, and how many that changed. */
  lastResult?: ScriptResult;
  /** A child job's that computed an expression: the value, as DuckDB's SQL. */
  value?: string;
}

export interface ScriptResult {
  destinationTable?: TableName;
  numDmlAffectedRows?: string;
}

/** REST's configuration, as given and completed by the server (destination, jobType). */
export type JobConfiguration = Record<string, unknown> & {
  labels?: Record<string, string>;
  dryRun?: boolean;
};

export interface JobError {
  reason: string;
  message: string;
  location?: string;
}

export type JobState = "PENDING" | "RUNNING" | "DONE";

/** REST's job resource (cloud.google.com/bigquery/docs/reference/rest/v2/Job). */
export function jobResource(job: JobDocument, state: JobState, baseUrl: string) {
  const { projectId, jobId, location } = job;
  const failed = job.outcome?.error;
  return {
    kind: "bigquery#job",
    id: `${projectId}:${location}.${jobId}`,
    selfLink: `${baseUrl}/bigquery/v2/projects/${projectId}/jobs/${jobId}?location=${location}`,
    user_email: job.userEmail,
    principal_subject: `user:${job.userEmail}`,
    configuration: shownConfiguration(job),
    jobReference: { projectId, jobId, location },
    statistics: job.statistics,
    status: {
      state,
      ...(failed ? { errorResult: failed } : {}),
      ...(job.outcome && job.outcome.errors.length > 0 ? { errors: job.outcome.errors } : {}),
    },
  };
}

/** CREATE TABLE AS SELECT has a destination like a query that names one. */
function shownConfiguration({ configuration, statistics }: JobDocument): JobConfiguration {
  const given = configuration["query"] as { destinationTable?: unknown } | undefined;
  const found = statistics["query"] as Record<string, unknown> | undefined;
  const target = found?.["ddlTargetTable"];
  const isFilled = found?.["statementType"] === "CREATE_TABLE_AS_SELECT";
  if (!given || given.destinationTable || !target || !isFilled) return configuration;
  return { ...configuration, query: { ...given, destinationTable: target } };
}

export function jobType(configuration: JobConfiguration): "QUERY" | "LOAD" | "EXTRACT" | "COPY" {
  if (configuration["query"]) return "QUERY";
  if (configuration["load"]) return "LOAD";
  return configuration["extract"] ? "EXTRACT" : "COPY";
}
