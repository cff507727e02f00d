import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BigQuery } from "@google-cloud/bigquery";
import { OAuth2Client } from "google-auth-library";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiClient, signIn, until } from "../support/api-client.ts";
import {
  createDataDir,
  type RunningMaestro,
  removeDataDir,
  startMaestro,
} from "../support/start-maestro.ts";

let dataDir: string;
let maestro: RunningMaestro;

beforeAll(async () => {
  dataDir = await createDataDir();
  maestro = await startMaestro({ dataDir });
});
afterAll(async () => {
  await maestro?.stop();
  await removeDataDir(dataDir);
});

test("the sample loads and goes green although the daemon is killed in the middle, and no job runs twice", async () => {
  let api = await signIn(maestro.signInUrl);
  expect(await api.tables.list.query({})).toEqual([]);
  await api.system.loadDemo.mutate();
  const loading = await until(
    () => api.system.demo.query(),
    (status) => status.runId !== null || status.state === "failed",
  );
  expect(loading.error).toBeNull();
  const runId = loading.runId as number;
  await until(
    () => api.runs.get.query({ id: runId }),
    (run) => run.counts.succeeded >= 4,
  );

  await maestro.kill();
  maestro = await startMaestro({ dataDir });
  api = await signIn(maestro.signInUrl);
  const run = await until(
    () => api.runs.get.query({ id: runId }),
    ({ state }) => state !== "running",
  );
  expect(run.tableRuns.filter(({ state }) => state !== "succeeded")).toEqual([]);
  expect(run.state).toBe("succeeded");
  await expectEachJobOnce(api, runId);

  const tables = await api.tables.list.query({});
  expect(tables.filter(({ kind }) => kind === "summary").length).toBeGreaterThanOrEqual(15);
  expect(tables.every(({ rowCount }) => (rowCount ?? 0) > 0)).toBe(true);
  await expectDownloadableExtract(api);
});

/** The warehouse's own list of jobs against ours: the same ids, each once, none besides. */
async function expectEachJobOnce(api: ApiClient, runId: number): Promise<void> {
  const ours = await api.jobs.list.query({ runId, limit: 1000 });
  expect(ours.every(({ state }) => state === "succeeded")).toBe(true);
  const state = JSON.parse(await readFile(join(dataDir, "cloud/local-cloud.json"), "utf8")) as {
    url: string;
  };
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "local", expiry_date: Date.now() + 3_600_000 });
  const { projectId } = await api.system.info.query();
  const bigquery = new BigQuery({
    projectId,
    apiEndpoint: state.url,
    authClient: authClient as never,
  });
  const [theirs] = await bigquery.getJobs({ maxResults: 1000, autoPaginate: true });
  const ids = theirs.map((job) => job.id ?? "").filter((id) => id.includes("maestro_"));
  expect(ids.map((id) => id.split(".").at(-1)).sort()).toEqual(
    ours.map(({ bqJobId }) => bqJobId).sort(),
  );
}

async function expectDownloadableExtract(api: ApiClient): Promise<void> {
  const details = await Promise.all(
    (await api.tables.list.query({})).map(({ id }) => api.tables.get.query({ id })),
  );
  const extracted = details.find(({ definition }) => definition.extract);
  const extract = await api.tables.extract.query({ id: extracted?.id ?? 0 });
  const url = extract?.files[0]?.url ?? "";
  const file = await fetch(url);
  expect(file.status).toBe(200);
  expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(0);
  const tampered = await fetch(url.replace(/.$/, (last) => (last === "0" ? "1" : "0")));
  expect(tampered.status).toBe(403);
}
