import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BigQuery, Job } from "@google-cloud/bigquery";
import type { Storage } from "@google-cloud/storage";
import type { drive_v3 } from "@googleapis/drive";
import type { sheets_v4 } from "@googleapis/sheets";
import { pino } from "pino";
import { environment } from "../../../server/config.ts";
import { createGoogleClients } from "../../../server/connectors/google-clients.ts";
import { type LocalCloud, startLocalCloud } from "../../../server/embedded/local-cloud.ts";

export const projectId = "test-project";

/** A local cloud of the test's own, in this process, with Google's clients for it. */
export interface TestCloud {
  cloud: LocalCloud;
  url: string;
  dataDir: string;
  bigquery: BigQuery;
  storage: Storage;
  sheets: sheets_v4.Sheets;
  drive: drive_v3.Drive;
  stop(): Promise<void>;
}

export async function startTestCloud(): Promise<TestCloud> {
  const dataDir = await mkdtemp(join(tmpdir(), "maestro-test-cloud-"));
  const cloud = await startLocalCloud({
    dataDir,
    host: "127.0.0.1",
    port: 0,
    log: pino({ level: "silent" }),
    standalone: true,
  });
  const clients = await clientsOf(cloud.url);
  const { bigquery, storage } = clients;
  await storage.createBucket("bucket");
  await bigquery.createDataset("d");
  return {
    cloud,
    url: cloud.url,
    dataDir,
    ...clients,
    async stop() {
      await cloud.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function clientsOf(url: string) {
  return createGoogleClients({ projectId, location: "US", localCloudUrl: url });
}

/** The rows of a query. */
export async function queryRows(
  { bigquery }: Pick<TestCloud, "bigquery">,
  query: string,
): Promise<Record<string, unknown>[]> {
  const [rows] = await bigquery.query({ query });
  return rows as Record<string, unknown>[];
}

/** What BigQuery's API says of a table of dataset `d`. */
export async function tableMetadata(
  { bigquery }: Pick<TestCloud, "bigquery">,
  table: string,
): Promise<Record<string, unknown>> {
  const [found] = await bigquery.dataset("d").table(table).getMetadata();
  return found as Record<string, unknown>;
}

/** Runs a job to its end; rejects with BigQuery's error. */
export async function runJob(
  bigquery: BigQuery,
  configuration: Record<string, unknown>,
  jobId?: string,
): Promise<JobMetadata> {
  const [job] = await bigquery.createJob({ configuration, ...(jobId ? { jobId } : {}) });
  await ended(job);
  const [metadata] = await job.getMetadata();
  return metadata as JobMetadata;
}

/** As REST gives them; which there are depends on the kind of job. */
interface JobStatistics {
  creationTime: string;
  startTime: string;
  endTime: string;
  totalBytesProcessed: string;
  totalSlotMs: string;
  numChildJobs: string;
  parentJobId: string;
  scriptStatistics: { evaluationKind: string; stackFrames: unknown[] };
  load: { outputRows: string; outputBytes: string };
  extract: { destinationUriFileCounts: string[] };
  query: { statementType: string; referencedTables: unknown[]; schema: { fields: unknown[] } };
}

export interface JobMetadata {
  id: string;
  status: {
    state: string;
    errorResult?: { reason: string; message: string };
    errors?: { reason: string; message: string }[];
  };
  statistics: JobStatistics;
  configuration: { labels?: Record<string, string>; query: { destinationTable: unknown } };
}

export async function ended(job: Job): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    job.on("complete", () => resolve());
    job.on("error", reject);
  });
}

/** What the rejected promise says, as the client gives it. */
export async function rejection(promise: Promise<unknown>): Promise<{
  code: number | undefined;
  message: string;
  reason: string | undefined;
}> {
  const error = await promise.then(
    () => {
      throw new Error("it was expected to fail");
    },
    (thrown: unknown) => thrown as ApiError,
  );
  return {
    code: error.code === undefined ? undefined : Number(error.code),
    message: error.message,
    reason: error.errors?.[0]?.reason,
  };
}

interface ApiError {
  code?: number | string;
  message: string;
  errors?: { reason: string }[];
}

export function tableReference(tableId: string) {
  return { projectId, datasetId: "d", tableId };
}

/** The local cloud as a process, to be killed. */
export interface CloudProcess {
  url: string;
  pid: number;
  child: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const main = fileURLToPath(new URL("../../../server/main.ts", import.meta.url));

/** `settings` are variables, without the `MAESTRO_` before them. */
export async function spawnCloud(
  dataDir: string,
  args: string[] = [],
  settings: Record<string, string> = {},
): Promise<CloudProcess> {
  const given = Object.entries(settings).map(([name, value]) => [`MAESTRO_${name}`, value]);
  const child = spawn(
    process.execPath,
    [main, "local-cloud", "--data-dir", dataDir, "--listen", "127.0.0.1:0", ...args],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...environment, ...Object.fromEntries(given) },
    },
  );
  let output = "";
  child.stderr.on("data", (data) => {
    output += String(data);
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the local cloud ended: ${output}`);
    const state = await readFile(join(dataDir, "local-cloud.json"), "utf8").then(
      (text) => JSON.parse(text) as { pid: number; url: string },
      () => null,
    );
    if (state?.pid === child.pid && state) {
      return {
        url: state.url,
        pid: state.pid,
        child,
        async kill(signal) {
          if (child.exitCode !== null || child.signalCode !== null) return;
          const exit = once(child, "exit");
          child.kill(signal);
          await exit;
        },
      };
    }
    await delay(20);
  }
}

/** Until the condition holds. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await delay(10);
}
