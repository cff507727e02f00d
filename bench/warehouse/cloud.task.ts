import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pino } from "pino";
import { startLocalCloud } from "../../server/embedded/local-cloud.ts";
import type { ChildTask } from "../support/child.ts";
import { tables } from "./generate-data.ts";
import type { Answer, TaskSetup } from "./setting.ts";

const project = "bench";
const bucket = "bench";

interface Job {
  jobReference: { jobId: string };
  status: { state: string; errorResult?: { message: string } };
}

interface Results {
  jobComplete: boolean;
  jobReference: { jobId: string };
  rows?: { f: { v: string | null }[] }[];
  error?: { message: string };
}

/** The local cloud as its clients use it: the files are loaded by jobs, queries go over its API. */
export const prepare: ChildTask<TaskSetup, string, Answer>["prepare"] = async ({
  directory,
  files,
}) => {
  const dataDir = join(directory, "cloud");
  await mkdir(dataDir, { recursive: true });
  const log = pino({ level: "silent" });
  const options = { dataDir, host: "127.0.0.1", port: 0, log, standalone: true };
  const { url } = await startLocalCloud(options);
  const call = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  const root = `/bigquery/v2/projects/${project}`;
  await call(`/storage/v1/b?project=${project}`, { name: bucket });
  await call(`${root}/datasets`, { datasetReference: { datasetId: "tpch" } });
  for (const table of tables) {
    const path = files[table];
    const draft = join(dataDir, basename(path));
    await copyFile(path, draft);
    await upload(url, draft, `${table}.parquet`);
    const job = (await call(`${root}/jobs`, {
      configuration: {
        load: {
          sourceUris: [`gs://${bucket}/${table}.parquet`],
          sourceFormat: "PARQUET",
          destinationTable: { projectId: project, datasetId: "tpch", tableId: table },
        },
      },
    })) as Job;
    await finished(`${url}${root}/jobs/${job.jobReference.jobId}`);
  }
  return async (sql) => {
    const answer = (await call(`${root}/queries`, {
      query: sql,
      useLegacySql: false,
      defaultDataset: { projectId: project, datasetId: "tpch" },
      maxResults: 100_000,
      timeoutMs: 10_000,
    })) as Results;
    const whole = answer.jobComplete
      ? answer
      : await results(`${url}${root}/queries/${answer.jobReference.jobId}`);
    return (whole.rows ?? []).map(({ f }) => f.map(({ v }) => v));
  };
};

async function upload(url: string, path: string, name: string): Promise<void> {
  const { openAsBlob } = await import("node:fs");
  const target = `${url}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${name}`;
  const answer = await fetch(target, { method: "POST", body: await openAsBlob(path) });
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
}

async function finished(job: string): Promise<void> {
  for (;;) {
    const { status } = (await (await fetch(job)).json()) as Job;
    if (status.errorResult) throw new Error(status.errorResult.message);
    if (status.state === "DONE") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks until it is complete; the server holds each question for a while. */
async function results(query: string): Promise<Results> {
  for (;;) {
    const answer = (await (await fetch(`${query}?maxResults=100000`)).json()) as Results;
    if (answer.error) throw new Error(answer.error.message);
    if (answer.jobComplete) return answer;
  }
}
