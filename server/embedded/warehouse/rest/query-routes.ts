import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { WarehouseContext } from "../context.ts";
import { type TableName, WarehouseError } from "../contract.ts";
import type { JobDocument } from "../job-resource.ts";
import type { JobRunner } from "../job-runner.ts";
import type { JobRecord } from "../job-store.ts";
import { splitDecorator } from "../partitions.ts";
import { type PageQuery, readRows } from "../read-rows.ts";
import { dryRun, newJob, startQuery, waitForJob } from "./insert-job.ts";
import { findJob } from "./job-routes.ts";
import { isTrue } from "./request-parts.ts";

interface FormatQuery {
  "formatOptions.useInt64Timestamp"?: string;
  "formatOptions.timestampOutputFormat"?: string;
}
interface ResultsQuery extends PageQuery, FormatQuery {
  location?: string;
  timeoutMs?: string;
}

/** A request is held this long for a job that is not done. */
const maxHoldMs = 10_000;
const root = "/bigquery/v2/projects/:projectId";

/** jobs.query and jobs.getQueryResults. */
export function queryRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  runner: JobRunner,
): void {
  app.get<{ Params: { projectId: string; jobId: string }; Querystring: ResultsQuery }>(
    `${root}/queries/:jobId`,
    async (request) => {
      const record = findJob(context, request.params, request.query.location);
      if (!record.document.configuration["query"]) {
        throw new WarehouseError("invalid", `Job ${record.document.jobId} is not a query job`);
      }
      const holdMs = Math.min(maxHoldMs, Number(request.query.timeoutMs ?? maxHoldMs));
      return queryResults(context, record, holdMs, request.query, timestampsOf(request.query));
    },
  );

  app.post<{ Params: { projectId: string }; Body: Record<string, unknown> }>(
    `${root}/queries`,
    async (request) => {
      const body = request.body ?? {};
      const job = jobOf(context, request.params.projectId, body);
      if (job.configuration.dryRun) return dryRunAnswer(await dryRun(context, job));
      const known = context.jobs.get(job.projectId, job.jobId);
      const record = known ?? startQuery(context, runner, job);
      const holdMs = Math.min(maxHoldMs, Number(body["timeoutMs"] ?? maxHoldMs));
      const maxResults = body["maxResults"] as number | undefined;
      const format = (body["formatOptions"] ?? {}) as { useInt64Timestamp?: boolean };
      const int64 = format.useInt64Timestamp === true;
      const answer = await queryResults(context, record, holdMs, { maxResults }, int64);
      return { ...answer, kind: "bigquery#queryResponse", queryId: job.jobId };
    },
  );
}

const queryKeys = [
  "query",
  "defaultDataset",
  "useLegacySql",
  "parameterMode",
  "queryParameters",
  "maximumBytesBilled",
  "useQueryCache",
];

/** Requests with the same `requestId` are one job. */
function jobOf(
  context: WarehouseContext,
  projectId: string,
  body: Record<string, unknown>,
): JobDocument {
  const query = Object.fromEntries(
    queryKeys.filter((key) => body[key] !== undefined).map((key) => [key, body[key]]),
  );
  const requestId = body["requestId"];
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  return newJob(context, projectId, {
    ...(typeof requestId === "string" && requestId !== ""
      ? { jobReference: { jobId: `job_${digest(`${requestId} ${JSON.stringify(query)}`)}` } }
      : {}),
    configuration: {
      query,
      labels: (body["labels"] ?? {}) as Record<string, string>,
      ...(body["jobTimeoutMs"] === undefined ? {} : { jobTimeoutMs: body["jobTimeoutMs"] }),
      ...(body["dryRun"] === true ? { dryRun: true } : {}),
    },
  });
}

function dryRunAnswer(job: JobDocument) {
  const query = job.statistics["query"] as { schema?: unknown };
  return {
    kind: "bigquery#queryResponse",
    jobReference: referenceOf(job),
    ...(query.schema ? { schema: query.schema } : {}),
    totalBytesProcessed: job.statistics["totalBytesProcessed"],
    jobComplete: true,
    cacheHit: false,
  };
}

function referenceOf({ projectId, jobId, location }: JobDocument) {
  return { projectId, jobId, location };
}

export function timestampsOf(query: FormatQuery): boolean {
  const format = query["formatOptions.timestampOutputFormat"];
  if (format && format !== "INT64" && format !== "TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED") {
    throw new WarehouseError(
      "notImplemented",
      `The timestamp format ${format} is not supported by the local warehouse`,
    );
  }
  return format === "INT64" || isTrue(query["formatOptions.useInt64Timestamp"]);
}

async function queryResults(
  context: WarehouseContext,
  record: JobRecord,
  holdMs: number,
  page: PageQuery,
  int64Timestamps: boolean,
) {
  const base = {
    kind: "bigquery#getQueryResultsResponse",
    jobReference: referenceOf(record.document),
    location: record.document.location,
  };
  if (!(await waitForJob(record, holdMs))) {
    await context.jobs.keep(record);
    return { ...base, jobComplete: false };
  }
  const { document } = record;
  const failure = document.outcome?.error;
  if (failure) throw new WarehouseError(failure.reason as "invalidQuery", failure.message);
  const statistics = document.statistics["query"] as Record<string, unknown>;
  const last = document.lastResult;
  const changedRows = last?.numDmlAffectedRows ?? statistics["numDmlAffectedRows"];
  const summary = {
    ...base,
    etag: document.jobId,
    jobComplete: true,
    cacheHit: false,
    totalBytesProcessed: document.statistics["totalBytesProcessed"],
    totalBytesBilled: statistics["totalBytesBilled"],
    statementType: statistics["statementType"],
    creationTime: document.statistics.creationTime,
    startTime: document.statistics["startTime"],
    endTime: document.statistics["endTime"],
    ...(changedRows === undefined ? {} : { numDmlAffectedRows: changedRows }),
  };
  const query = document.configuration["query"] as { destinationTable?: TableName };
  const destination = last ? last.destinationTable : query.destinationTable;
  if (!destination) return { ...summary, totalRows: "0", schema: { fields: [] } };
  const { tableId } = splitDecorator(destination.tableId);
  const table = context.catalog.requireTable({ ...destination, tableId });
  const { rows, totalRows, pageToken } = await readRows(context, table, page, { int64Timestamps });
  return {
    ...summary,
    schema: { fields: table.schema },
    totalRows: String(totalRows),
    ...(pageToken ? { pageToken } : {}),
    // Left out when there are none: clients take an empty list for the whole answer.
    ...(rows.length > 0 ? { rows } : {}),
  };
}
