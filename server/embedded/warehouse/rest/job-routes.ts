import type { FastifyInstance } from "fastify";
import type { WarehouseContext } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import { jobResource } from "../job-resource.ts";
import type { JobRunner } from "../job-runner.ts";
import { type JobRecord, parentOf } from "../job-store.ts";
import { invalidToken, pageToken, readPageToken, wholeNumber } from "../page-token.ts";
import { acceptJob, dryRun, type JobRequest, newJob } from "./insert-job.ts";

interface JobParams {
  projectId: string;
  jobId: string;
}
interface ListQuery {
  stateFilter?: string | string[];
  maxResults?: string;
  pageToken?: string;
  projection?: string;
  minCreationTime?: string;
  maxCreationTime?: string;
  parentJobId?: string;
}

const root = "/bigquery/v2/projects/:projectId";

/** jobs.insert, get, list, cancel, delete. */
export function jobRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  runner: JobRunner,
  baseUrl: () => string,
): void {
  const resource = (record: JobRecord) => jobResource(record.document, record.state, baseUrl());

  app.post<{ Params: { projectId: string }; Body: JobRequest }>(`${root}/jobs`, async (request) => {
    const job = newJob(context, request.params.projectId, request.body ?? {});
    if (job.configuration.dryRun) {
      return jobResource(await dryRun(context, job), "DONE", baseUrl());
    }
    return resource(await acceptJob(context, runner, job));
  });

  app.get<{ Params: JobParams; Querystring: { location?: string } }>(
    `${root}/jobs/:jobId`,
    async (request) => {
      const record = findJob(context, request.params, request.query.location);
      await context.jobs.keep(record);
      return resource(record);
    },
  );

  app.get<{ Params: { projectId: string }; Querystring: ListQuery }>(
    `${root}/jobs`,
    async (request) => {
      const { jobs, nextPageToken } = listJobs(context, request.params.projectId, request.query);
      await Promise.all(jobs.map((record) => context.jobs.keep(record)));
      const full = request.query.projection === "full";
      return {
        kind: "bigquery#jobList",
        etag: String(jobs.length),
        ...(nextPageToken ? { nextPageToken } : {}),
        jobs: jobs.map((record) => listed(record, resource(record), full)),
      };
    },
  );

  app.post<{ Params: JobParams; Querystring: { location?: string } }>(
    `${root}/jobs/:jobId/cancel`,
    (request) => {
      const record = findJob(context, request.params, request.query.location);
      if (record.state !== "DONE") runner.cancel(record);
      return { kind: "bigquery#jobCancelResponse", job: resource(record) };
    },
  );

  app.delete<{ Params: JobParams; Querystring: { location?: string } }>(
    `${root}/jobs/:jobId/delete`,
    async (request, reply) => {
      const record = findJob(context, request.params, request.query.location);
      if (record.state !== "DONE") {
        throw new WarehouseError(
          "invalid",
          `Job ${record.document.jobId} is not done: cancel it first`,
        );
      }
      const { projectId, jobId } = record.document;
      if (parentOf(record.document) !== undefined) {
        throw new WarehouseError(
          "invalid",
          `Job ${jobId} is a child job: it is deleted with the script that it is of`,
        );
      }
      for (const child of context.jobs.children(projectId, jobId)) {
        await context.jobs.remove(context.jobs.require(projectId, child.jobId));
      }
      await context.jobs.remove(record);
      return reply.code(204).send();
    },
  );

  app.get<{ Params: { projectId: string } }>(`${root}/serviceAccount`, () => ({
    kind: "bigquery#getServiceAccountResponse",
    email: "local-cloud@maestro.local",
  }));
}

function listed(record: JobRecord, job: ReturnType<typeof jobResource>, full: boolean) {
  const { configuration, ...rest } = job;
  const { errorResult } = rest.status;
  return {
    ...rest,
    state: record.state,
    ...(errorResult ? { errorResult } : {}),
    configuration: full ? configuration : { jobType: configuration["jobType"], ...configuration },
  };
}

export function findJob(
  context: WarehouseContext,
  { projectId, jobId }: JobParams,
  location: string | undefined,
): JobRecord {
  if (location && location.toUpperCase() !== context.location.toUpperCase()) {
    throw new WarehouseError("notFound", `Not found: Job ${projectId}:${location}.${jobId}`);
  }
  return context.jobs.require(projectId, jobId);
}

const jobStates = ["PENDING", "RUNNING", "DONE"];

/** Newest first; a script's child jobs only where they are asked for. A page token names the last job of the page before. */
function listJobs(
  context: WarehouseContext,
  projectId: string,
  query: ListQuery,
): { jobs: JobRecord[]; nextPageToken: string | undefined } {
  const states = [query.stateFilter ?? []].flat().map((state) => state.toUpperCase());
  const odd = states.find((state) => !jobStates.includes(state));
  if (odd) throw new WarehouseError("invalid", `Invalid value for stateFilter: ${odd}`);
  const from = wholeNumber(query.minCreationTime, "minCreationTime") ?? 0;
  const to = wholeNumber(query.maxCreationTime, "maxCreationTime") ?? Number.POSITIVE_INFINITY;
  const limit = Math.min(1000, wholeNumber(query.maxResults, "maxResults") || 1000);
  const matching = jobsAfter(context, projectId, query.pageToken).filter(({ document, state }) => {
    const createdAt = Number(document.statistics.creationTime);
    return (
      parentOf(document) === (query.parentJobId || undefined) &&
      (states.length === 0 || states.includes(state)) &&
      createdAt >= from &&
      createdAt <= to
    );
  });
  const jobs = matching.slice(0, limit);
  const last = jobs.at(-1)?.document.jobId;
  return { jobs, nextPageToken: limit < matching.length && last ? pageToken(last) : undefined };
}

/** Behind the last of the page before, whatever has become of that job since. */
function jobsAfter(
  context: WarehouseContext,
  projectId: string,
  token: string | undefined,
): JobRecord[] {
  const all = [...context.jobs.all()]
    .reverse()
    .filter(({ document }) => document.projectId === projectId);
  if (!token) return all;
  const last = readPageToken(token);
  const at = all.findIndex(({ document }) => document.jobId === last);
  if (at < 0) throw invalidToken(token);
  return all.slice(at + 1);
}
