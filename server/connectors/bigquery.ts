import type { BigQuery } from "@google-cloud/bigquery";
import { MaestroError } from "../../shared/errors.ts";
import { shorten } from "../support/shorten.ts";
import { wholeNumber } from "../support/whole-number.ts";
import { explain, isRetryable, statusOf } from "./bigquery-errors.ts";
import { type RestField, type RestRow, toFieldSchema, toValues } from "./bigquery-rows.ts";
import {
  type Call,
  clientTransport,
  directTransport,
  type Transport,
} from "./bigquery-transport.ts";
import { collectGarbage } from "./collect-garbage.ts";
import type { JobStatus, StoredTable, Warehouse } from "./warehouse.ts";

/** What a page of rows leaves behind, roughly: its text, what was parsed from it, the rows of before. */
const pageGarbage = 4 * 2 ** 20;

export interface WarehouseOptions {
  bigquery: BigQuery;
  projectId: string;
  location: string;
}

interface JobResource {
  status?: { state?: string; errorResult?: { reason?: string; message?: string } } | null;
  configuration?: Record<string, unknown> | null;
  statistics?: Record<string, unknown> | null;
}

interface QueryResults {
  jobComplete?: boolean;
  totalBytesProcessed?: string;
  cacheHit?: boolean;
  totalRows?: string;
}

interface TableResource {
  schema?: { fields?: RestField[] };
  numRows?: string;
  numBytes?: string;
  lastModifiedTime?: string;
}

/**
 * BigQuery over Google's client, but by requests of our own, because its helpers repeat calls unseen
 * and hide the answers that the engine decides by.
 */
export function createWarehouse(options: WarehouseOptions): Warehouse {
  const { bigquery, projectId, location } = options;
  const direct = createApi(directTransport(bigquery, projectId));
  const viaClient = createApi(clientTransport(bigquery));
  const datasets = new Set<string>();
  const jobs = jobCalls(direct, options, datasets);
  return { projectId, location, ...jobs, ...tableCalls(viaClient, options, datasets) };
}

interface Api {
  call: Transport;
  /** Null where it is a 404. */
  callIfFound<T>(doing: string, call: Call): Promise<T | null>;
}

function createApi(call: Transport): Api {
  return {
    call,
    callIfFound: <T>(doing: string, request: Call) =>
      call<T>(doing, request).catch((error: unknown) => {
        if (answeredWith(error) === 404) return null;
        throw error;
      }),
  };
}

/** The HTTP status behind a translated error; null where there was no answer. */
function answeredWith(error: unknown): number | null {
  return statusOf((error as Error).cause);
}

type JobCalls = "insertJob" | "getJob" | "awaitQuery" | "cancelJob" | "dryRun";

function jobCalls(
  api: Api,
  { projectId, location }: WarehouseOptions,
  /** Those that are known to be there. */
  datasets: Set<string>,
): Pick<Warehouse, JobCalls> {
  const show = (job: JobResource) => {
    const status = toJobStatus(job);
    const dropped = droppedDataset(job);
    if (dropped === null || !status.error) return status;
    datasets.delete(dropped);
    return { ...status, error: { ...status.error, retryable: true } };
  };
  const getJob = async (jobId: string): Promise<JobStatus | null> => {
    const job = await api.callIfFound<JobResource>("get job", {
      uri: `/jobs/${jobId}`,
      qs: { location },
    });
    return job && show(job);
  };

  return {
    getJob,

    async insertJob(jobId, configuration, labels) {
      const json = {
        jobReference: { projectId, jobId, location },
        configuration: { ...configuration, labels },
      };
      try {
        const job = await api.call<JobResource>("insert job", {
          method: "POST",
          uri: "/jobs",
          json,
        });
        return { ...show(job), adopted: false };
      } catch (error) {
        if (answeredWith(error) === 404) datasets.delete(destinationOf(configuration) ?? "");
        if (answeredWith(error) !== 409) throw error;
        const job = await getJob(jobId).catch((cause: Error) => {
          // It is there, and only cannot be read for now: no refusal of the insert.
          throw new MaestroError("warehouse", cause.message, { cause, retryable: true });
        });
        if (!job) throw error;
        return { ...job, adopted: true };
      }
    },

    async awaitQuery(jobId, timeoutMs) {
      const results = await api
        .call<QueryResults | "failed">("await query", {
          uri: `/queries/${jobId}`,
          qs: { location, timeoutMs, maxResults: 0 },
          waitMs: timeoutMs,
        })
        .catch((error: unknown) => {
          // A failed query answers with its own error, whatever the status: only the job tells it
          // from a fault of this call.
          if (answeredWith(error) !== null) return "failed" as const;
          throw error;
        });
      if (results === "failed") return getJob(jobId);
      return results.jobComplete ? succeededUnread(results) : running;
    },

    async cancelJob(jobId) {
      const uri = `/jobs/${jobId}/cancel`;
      const call: Call = { method: "POST", uri, qs: { location } };
      return (await api.callIfFound("cancel job", call)) !== null;
    },

    async dryRun(query, { legacySql, defaultDataset }) {
      const configuration = {
        query,
        useLegacySql: legacySql,
        ...(defaultDataset ? { defaultDataset: { projectId, datasetId: defaultDataset } } : {}),
      };
      const job = await api.call<JobResource>("dry run", {
        method: "POST",
        uri: "/jobs",
        json: {
          jobReference: { projectId, location },
          configuration: { dryRun: true, query: configuration },
        },
      });
      return toDryRun(job);
    },
  };
}

type TableCalls = "getTable" | "describeTable" | "readPage" | "preview" | "ensureDataset";

function tableCalls(
  api: Api,
  { projectId, location }: WarehouseOptions,
  datasets: Set<string>,
): Pick<Warehouse, TableCalls> {
  const listRows = (dataset: string, name: string, page: Record<string, unknown>) =>
    api.call<{ rows?: RestRow[]; totalRows?: string; pageToken?: string }>("read rows", {
      uri: `/datasets/${dataset}/tables/${name}/data`,
      qs: { ...page, "formatOptions.useInt64Timestamp": true },
    });
  return {
    async getTable(dataset, name) {
      const table = await api.callIfFound<TableResource>("get table", {
        uri: `/datasets/${dataset}/tables/${name}`,
      });
      return table && toTable(table);
    },

    describeTable: (dataset, name) =>
      api.callIfFound("get table", { uri: `/datasets/${dataset}/tables/${name}` }),

    async readPage(dataset, name, { schema, maxRows, pageToken }) {
      const data = await listRows(dataset, name, {
        maxResults: maxRows,
        ...(pageToken === null ? {} : { pageToken }),
      });
      const rows = (data.rows ?? []).map((row) => toValues(row, schema));
      collectGarbage(pageGarbage);
      return { rows, nextPageToken: data.pageToken ?? null };
    },

    async preview(dataset, name, maxRows) {
      const uri = `/datasets/${dataset}/tables/${name}`;
      const table = toTable(await api.call<TableResource>("get table", { uri }));
      const data = await listRows(dataset, name, { maxResults: maxRows });
      const rows = (data.rows ?? []).map((row) => toValues(row, table.schema));
      const totalRows = Number(data.totalRows ?? table.rowCount);
      return { schema: table.schema, rows, totalRows, bytes: table.bytes };
    },

    async ensureDataset(dataset) {
      if (datasets.has(dataset)) return;
      const found = await api.callIfFound("get dataset", { uri: `/datasets/${dataset}` });
      if (!found) {
        const json = { datasetReference: { projectId, datasetId: dataset }, location };
        await api
          .call("create dataset", { method: "POST", uri: "/datasets", json })
          .catch((error: unknown) => {
            if (answeredWith(error) !== 409) throw error;
          });
      }
      datasets.add(dataset);
    },
  };
}

const running: JobStatus = { state: "RUNNING", error: null, configuration: {}, statistics: {} };

function succeededUnread(results: QueryResults): JobStatus {
  const { totalBytesProcessed, cacheHit } = results;
  const resultRows = wholeNumber(results.totalRows);
  return {
    ...running,
    state: "DONE",
    statistics: { totalBytesProcessed, query: { cacheHit } },
    isUnread: true,
    ...(resultRows === null ? {} : { resultRows }),
  };
}

function toJobStatus({ status, ...job }: JobResource): JobStatus {
  const { configuration, statistics } = job;
  const state = status?.state === "DONE" || status?.state === "PENDING" ? status.state : "RUNNING";
  const { reason = "", message: words = "the job failed" } = status?.errorResult ?? {};
  const message = shorten(words);
  const error = status?.errorResult
    ? { reason, message: explain({ reason, message }), retryable: isRetryable({ reason, message }) }
    : null;
  return { state, error, configuration: configuration ?? {}, statistics: statistics ?? {} };
}

/** The dataset that a job writes into, where it failed because somebody has dropped it. */
function droppedDataset({ status, configuration }: JobResource): string | null {
  const { reason, message = "" } = status?.errorResult ?? {};
  const named = reason === "notFound" && /\bDataset (?:\S+[:.])?(\w+)/.exec(message)?.[1];
  return named && named === destinationOf(configuration ?? {}) ? named : null;
}

function destinationOf(configuration: object): string | null {
  const { query, load } = configuration as Record<"query" | "load", Destination | undefined>;
  const { destinationTable, defaultDataset } = query ?? load ?? {};
  return (destinationTable ?? defaultDataset)?.datasetId ?? null;
}

interface Destination {
  destinationTable?: { datasetId: string };
  defaultDataset?: { datasetId: string };
}

function toTable(table: TableResource): StoredTable {
  return {
    schema: (table.schema?.fields ?? []).map(toFieldSchema),
    rowCount: wholeNumber(table.numRows) ?? 0,
    bytes: wholeNumber(table.numBytes) ?? 0,
    modifiedAt: table.lastModifiedTime ?? "",
  };
}

function toDryRun({ statistics }: JobResource) {
  const query = (statistics?.["query"] ?? {}) as {
    statementType?: string;
    schema?: { fields?: RestField[] };
    referencedTables?: { projectId: string; datasetId: string; tableId: string }[];
  };
  return {
    bytesProcessed: wholeNumber(statistics?.["totalBytesProcessed"]) ?? 0,
    schema: (query.schema?.fields ?? []).map(toFieldSchema),
    referencedTables: (query.referencedTables ?? []).map(
      (table) => `${table.projectId}.${table.datasetId}.${table.tableId}`,
    ),
    ...(query.statementType === undefined ? {} : { statementType: query.statementType }),
  };
}
