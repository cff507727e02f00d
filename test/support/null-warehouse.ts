import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorBody, type Fault, send, sendFault } from "./null-answers.ts";

/*
 * A warehouse that does nothing: as much of BigQuery's and Cloud Storage's REST APIs as the engine
 * uses, over jobs that last as long as they are told to, and a bucket of names and sizes. It keeps
 * what it was asked, so that tests count submissions, and it can answer faults, cut connections
 * before or after it has done what was asked, or hold an answer back while the one who asked is
 * killed.
 */

export type RequestKind =
  | "insert"
  | "get"
  | "await"
  | "cancel"
  | "table"
  | "dataset"
  | "list"
  | "remove";

export interface NullRequest {
  kind: RequestKind;
  /** The job's id, the table's name, or the object's name or prefix. */
  subject: string;
  /** Of a job, also of one that is about to be inserted: `dataset.table step attempt`. */
  job: string;
  /** `before`: nothing is done yet. `after`: it is done, and not answered yet. */
  phase: "before" | "after";
}

export interface NullJob {
  jobId: string;
  configuration: Record<string, unknown>;
  /** `dataset.table` that it writes, or that it extracts. */
  table: string;
  step: string;
  insertedAt: number;
  doneAt: number;
  error: { reason: string; message: string } | null;
  isCancelled: boolean;
}

export interface NullWarehouse {
  url: string;
  /** Jobs by id, in the order of their insertion: one each, whatever was asked how often. */
  jobs: Map<string, NullJob>;
  /** Every request, as it came. */
  requests: { kind: RequestKind; subject: string }[];
  /** What the bucket holds: names and sizes. An extract adds one file. */
  objects: Map<string, number>;
  /** Called before and after each request is carried out; may wait. */
  intercept: (request: NullRequest) => Fault | Promise<Fault>;
  /** Milliseconds that a job takes. */
  durationMs: (job: NullJob) => number;
  /** How a job ends. */
  outcome: (job: NullJob) => { reason: string; message: string } | null;
  /** What its statistics say beside. */
  statistics: (job: NullJob) => Record<string, unknown>;
  /** Has forgotten a job. */
  lose: (jobId: string) => void;
  close(): Promise<void>;
}

const prefix = /^\/bigquery\/v2\/projects\/[^/]+/;
const bucketPath = "/storage/v1/b/";

export async function startNullWarehouse(): Promise<NullWarehouse> {
  const waiting = new Map<string, Set<() => void>>();
  const warehouse: Omit<NullWarehouse, "url" | "close"> = {
    jobs: new Map(),
    requests: [],
    objects: new Map(),
    intercept: () => null,
    durationMs: () => 0,
    outcome: () => null,
    statistics: () => ({}),
    lose: (jobId) => warehouse.jobs.delete(jobId),
  };

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : {};
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = url.pathname.replace(prefix, "");
    const kind = kindOf(request.method ?? "GET", path);
    const subject =
      kind === "list" ? (url.searchParams.get("prefix") ?? "") : subjectOf(path, body);
    const { table, step } = warehouse.jobs.get(subject) ?? targetOf(body.configuration ?? {});
    const job = `${table} ${step} ${subject.split("_").at(-1)}`;
    warehouse.requests.push({ kind, subject });
    if (await interfere({ kind, subject, job, phase: "before" }, response)) return;
    const answer = await carryOut(kind, subject, url, body);
    if (await interfere({ kind, subject, job, phase: "after" }, response)) return;
    send(response, answer.status, answer.body);
  };

  const interfere = async (request: NullRequest, response: ServerResponse) => {
    const fault = await warehouse.intercept(request);
    if (fault === null) return false;
    sendFault(response, fault);
    return true;
  };

  const carryOut = async (kind: RequestKind, subject: string, url: URL, body: unknown) => {
    switch (kind) {
      case "insert":
        return insert(subject, body as InsertBody);
      case "get":
        return found(subject, (job) => ({ status: 200, body: shown(job) }));
      case "await":
        return awaitDone(subject, Number(url.searchParams.get("timeoutMs") ?? 0));
      case "cancel":
        return found(subject, (job) => {
          cancel(job);
          return { status: 200, body: { job: shown(job) } };
        });
      case "table":
        return { status: 200, body: { numRows: "1", numBytes: "8", schema: { fields: [] } } };
      case "dataset":
        return { status: 200, body: {} };
      case "list":
        return { status: 200, body: { items: listObjects(warehouse.objects, subject) } };
      case "remove":
        return { status: warehouse.objects.delete(subject) ? 204 : 404, body: {} };
    }
  };

  const shown = (job: NullJob) => resource(job, warehouse.statistics(job));

  const insert = (jobId: string, body: InsertBody) => {
    if (warehouse.jobs.has(jobId)) {
      return { status: 409, body: errorBody(409, "duplicate", `Already Exists: Job ${jobId}`) };
    }
    const job: NullJob = {
      jobId,
      configuration: body.configuration,
      ...targetOf(body.configuration),
      insertedAt: Date.now(),
      doneAt: 0,
      error: null,
      isCancelled: false,
    };
    job.error = warehouse.outcome(job);
    job.doneAt = job.insertedAt + warehouse.durationMs(job);
    warehouse.jobs.set(jobId, job);
    const file = job.error ? null : extractedFile(job);
    if (file) warehouse.objects.set(file, 10);
    // As BigQuery does: a job that was just taken is not done yet, however short it is.
    return { status: 200, body: { ...shown(job), status: { state: "PENDING" } } };
  };

  const found = (jobId: string, answer: (job: NullJob) => Answer): Answer => {
    const job = warehouse.jobs.get(jobId);
    if (job) return answer(job);
    return { status: 404, body: errorBody(404, "notFound", `Not found: Job ${jobId}`) };
  };

  const awaitDone = async (jobId: string, timeoutMs: number): Promise<Answer> => {
    const job = warehouse.jobs.get(jobId);
    if (!job) return found(jobId, () => ({ status: 200, body: {} }));
    const restMs = Math.min(job.doneAt - Date.now(), timeoutMs);
    if (restMs > 0) await wait(jobId, restMs);
    if (!isDone(job)) return { status: 200, body: { jobComplete: false } };
    if (job.error)
      return { status: 400, body: errorBody(400, job.error.reason, job.error.message) };
    return { status: 200, body: { jobComplete: true, totalRows: "0" } };
  };

  /** Until the time is up, or the job is cancelled. */
  const wait = (jobId: string, ms: number) =>
    new Promise<void>((resolve) => {
      const listeners = waiting.get(jobId) ?? new Set();
      waiting.set(jobId, listeners);
      const done = () => {
        clearTimeout(timer);
        listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      listeners.add(done);
    });

  const cancel = (job: NullJob) => {
    if (isDone(job)) return;
    job.isCancelled = true;
    job.doneAt = Date.now();
    job.error = { reason: "stopped", message: "Job execution was cancelled" };
    for (const wake of waiting.get(job.jobId) ?? []) wake();
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(warehouse, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

interface Answer {
  status: number;
  body: unknown;
}
interface InsertBody {
  jobReference: { jobId: string };
  configuration: Record<string, unknown>;
}

function kindOf(method: string, path: string): RequestKind {
  if (path.startsWith(bucketPath)) return method === "DELETE" ? "remove" : "list";
  if (path.startsWith("/queries/")) return "await";
  if (path.startsWith("/datasets")) return path.includes("/tables/") ? "table" : "dataset";
  if (path.endsWith("/cancel")) return "cancel";
  return method === "POST" ? "insert" : "get";
}

function subjectOf(path: string, body: Partial<InsertBody>): string {
  if (body.jobReference) return body.jobReference.jobId;
  if (path.startsWith(bucketPath)) return decodeURIComponent(path.split("/o/").at(-1) ?? "");
  const parts = path.split("/");
  if (parts[1] === "datasets") return `${parts[2] ?? ""}${parts[4] ? `.${parts[4]}` : ""}`;
  return parts[2] ?? "";
}

function targetOf(configuration: Record<string, unknown>): { step: string; table: string } {
  for (const step of ["query", "load", "extract"]) {
    const part = configuration[step] as Record<string, unknown> | undefined;
    const table = (part?.["destinationTable"] ?? part?.["sourceTable"]) as
      | { datasetId: string; tableId: string }
      | undefined;
    if (part) return { step, table: table ? `${table.datasetId}.${table.tableId}` : "" };
  }
  return { step: "", table: "" };
}

function listObjects(objects: Map<string, number>, prefix: string) {
  return [...objects]
    .filter(([name]) => name.startsWith(prefix))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, size]) => ({ name, size: String(size) }));
}

/** The one file of an extract; null for other jobs. */
function extractedFile({ configuration }: NullJob): string | null {
  const extract = configuration["extract"] as { destinationUris?: string[] } | undefined;
  const name = extract?.destinationUris?.[0]?.replace(/^gs:\/\/[^/]+\//, "");
  return name?.replace("*", "000000000000") ?? null;
}

function isDone(job: NullJob): boolean {
  return Date.now() >= job.doneAt;
}

function statisticsOf(job: NullJob, done: boolean): Record<string, unknown> {
  return {
    creationTime: String(job.insertedAt),
    startTime: String(job.insertedAt),
    ...(done ? { endTime: String(job.doneAt), totalBytesProcessed: "1024" } : {}),
    ...(done && job.step === "query"
      ? { query: { totalBytesBilled: "10485760", totalSlotMs: "5", cacheHit: false } }
      : {}),
    ...(done && job.step === "load" ? { load: { outputRows: "3", outputBytes: "24" } } : {}),
  };
}

function resource(job: NullJob, more: Record<string, unknown>) {
  const done = isDone(job);
  return {
    jobReference: { jobId: job.jobId, location: "US" },
    configuration: job.configuration,
    status: {
      state: done ? "DONE" : "RUNNING",
      ...(done && job.error ? { errorResult: job.error, errors: [job.error] } : {}),
    },
    statistics: { ...statisticsOf(job, done), ...(done ? more : {}) },
  };
}
