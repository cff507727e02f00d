import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Warehouse } from "../../server/connectors/warehouse.ts";
import { startEngine } from "../../server/daemon/engine.ts";
import { insertPreviewJob } from "../../server/db/preview-jobs.ts";
import { planTable } from "../../server/services/catalog/plan-table.ts";
import { previewQuery } from "../../server/services/catalog/preview-query.ts";
import { settleLeftPreviews } from "../../server/services/catalog/settle-left-previews.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { JobView } from "../../shared/job.ts";
import type { RunDetail } from "../../shared/run.ts";
import {
  type DryRunResult,
  type QueryPreview,
  type SavedTable,
  type TableColumns,
  type TableDetail,
  type TableExtract,
  type TablePreview,
  tableDefinitionSchema,
  type UploadTarget,
} from "../../shared/table.ts";
import type { TablePlan } from "../../shared/table-plan.ts";
import { openLocalDeps } from "../flows/local-deps.ts";
import { plansTellWhatBreaks } from "./plan-cases.ts";
import { adminToken, call, dataOf, startTestServer, type TestServer } from "./support.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let engine: ReturnType<typeof startEngine>;
let server: TestServer;
let headers: Record<string, string>;

beforeAll(async () => {
  opened = await openLocalDeps({ logLevel: "silent" });
  engine = startEngine(opened.deps);
  server = await startTestServer(opened.deps);
  headers = { "x-api-token": await adminToken(opened.deps) };
});

afterAll(async () => {
  await server.close();
  await engine.stop();
  await opened.close();
});

async function get<T>(path: string, input: unknown): Promise<T> {
  return dataOf<T>(await call(server, path, input, { headers }));
}

async function post<T>(path: string, input: unknown): Promise<T> {
  return dataOf<T>(await call(server, path, input, { method: "POST", headers }));
}

async function runToGreen(runId: number, why: string): Promise<void> {
  const run = await vi.waitUntil(
    async () => {
      const found = await get<RunDetail>("runs.get", { id: runId });
      return found.endedAt === null ? undefined : found;
    },
    { timeout: 50_000, interval: 50 },
  );
  expect(run.tableRuns).toMatchObject([{ state: "succeeded", reason: { code: why } }]);
}

const numbers = {
  dataset: "lab",
  name: "numbers",
  kind: "summary",
  query: "select n, n * n as square from unnest(generate_array(1, 1000)) as n",
  extract: true,
} as const;

test("a summary is dry-run, saved, run, previewed, extracted and downloaded", async () => {
  const dry = await get<DryRunResult>("tables.dryRun", { definition: numbers });
  expect(dry).toMatchObject({ ok: true, schema: [{ name: "n" }, { name: "square" }] });
  const { id, warnings } = await post<SavedTable>("tables.create", { definition: numbers });
  expect(warnings).toEqual([]);
  expect(await get("tables.preview", { id })).toBeNull();
  expect(await get("tables.extract", { id })).toBeNull();
  await runToGreen((await post<{ runId: number }>("tables.run", { id })).runId, "asked");

  const preview = await get<TablePreview>("tables.preview", { id, maxRows: 5 });
  expect(preview.totalRows).toBe(1000);
  expect(preview.rows).toHaveLength(5);
  const extract = await get<TableExtract>("tables.extract", { id });
  const texts = await Promise.all(
    extract.files.map(async ({ url, bytes }) => {
      const response = await fetch(url);
      const body = Buffer.from(await response.arrayBuffer());
      expect(response.status).toBe(200);
      // fetch undoes a content-encoding by itself; the object's size is that of what is stored.
      if (response.headers.get("content-encoding") === null) expect(body).toHaveLength(bytes);
      return (body[0] === 0x1f ? gunzipSync(body) : body).toString();
    }),
  );
  const lines = texts.flatMap((text) => text.trim().split("\n").slice(1)).sort();
  expect(lines).toHaveLength(1000);
  expect(lines).toContain("1000,1000000");
});

test("a refused query names its place, and a plan its columns", async () => {
  const query = "select n,\n  nothing\nfrom lab.numbers";
  const refused = await get<DryRunResult>("tables.dryRun", { definition: { ...numbers, query } });
  expect(refused).toMatchObject({ ok: false, line: 2, column: 3 });
  const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
  const changed = "select cast(n as string) as n, n * n * n as cubed from unnest([1]) as n";
  const plan = await get<TablePlan>("tables.plan", {
    id,
    definition: { ...numbers, query: changed },
  });
  expect(plan.warnings).toEqual([]);
  expect(plan).toMatchObject({
    columnsAdded: ["cubed"],
    columnsRemoved: ["square"],
    columnsChanged: [{ name: "n", from: "INTEGER", to: "STRING" }],
  });
});

plansTellWhatBreaks({ get, post, numbers });

test("a plan whose time is up asks BigQuery nothing more, and says so", async () => {
  const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
  const definition = tableDefinitionSchema.parse({ ...numbers, query: "select nothing" });
  const dryRun = vi.spyOn(opened.deps.warehouse, "dryRun");
  const plan = await planTable(opened.deps, definition, id, { limit: AbortSignal.abort() });
  expect(plan.warnings).toEqual(["There was no dry run: the time for the plan was over."]);
  expect(plan.unchecked.map(({ name }) => name)).toContain("lab.uses_n");
  expect(dryRun.mock.calls.filter(([sql]) => sql === "select nothing")).toEqual([]);
  dryRun.mockRestore();
});

test("SQL is run as it stands, billed and noted as a job; what is no SELECT is refused", async () => {
  const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
  const ask = (query: string) =>
    call(
      server,
      "tables.query",
      { definition: { ...numbers, query }, id, maxRows: 2 },
      { method: "POST", headers },
    );
  const answer = dataOf<QueryPreview>(
    await ask("select n, [n] as list from lab.numbers order by n"),
  );
  expect(answer).toMatchObject({
    totalRows: 1000,
    rows: [
      [1, [1]],
      [2, [2]],
    ],
  });
  const [job] = await get<JobView[]>("tables.jobs", { id });
  expect(job).toMatchObject({
    state: "succeeded",
    tableRunId: null,
    bytesBilled: answer.bytesBilled,
  });

  const scripts = [
    "drop table lab.numbers",
    "create table lab.other as select 1 as x",
    "select 1; select 2",
  ];
  for (const script of scripts) {
    const refused = await ask(script);
    expect(refused.status).toBe(400);
    expect(refused.body.error?.message).toContain("only a single SELECT can be previewed");
  }
  expect(await get("tables.preview", { id, maxRows: 1 })).toMatchObject({ totalRows: 1000 });
  const columns = await get<TableColumns[]>("tables.columns", {
    names: ["lab.numbers", "lab.none"],
  });
  expect(columns).toMatchObject([
    { name: "lab.numbers", columns: [{ name: "n" }, { name: "square" }] },
  ]);
});

test("a preview that nobody waits for, or that is lost sight of, is cancelled and noted", async () => {
  const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
  const { deps } = opened;
  const definition = tableDefinitionSchema.parse(numbers);
  const asked = { definition, id, user: "admin@example.com", groupId: null, maxRows: 1 };
  const run = (warehouse: Partial<Warehouse>, signal?: AbortSignal) =>
    previewQuery({ ...deps, warehouse: { ...deps.warehouse, ...warehouse } }, { ...asked, signal });
  const newest = async () => (await get<JobView[]>("tables.jobs", { id }))[0];
  const insertJob = vi.fn(deps.warehouse.insertJob);
  const cancelJob = vi.fn(deps.warehouse.cancelJob);

  const early = new AbortController();
  const dryRun: Warehouse["dryRun"] = (...given) => {
    early.abort();
    return deps.warehouse.dryRun(...given);
  };
  await expect(run({ dryRun, insertJob }, early.signal)).rejects.toMatchObject({
    code: "cancelled",
  });
  expect(insertJob).not.toHaveBeenCalled();

  const late = new AbortController();
  const abortInserted: Warehouse["insertJob"] = (...given) => {
    late.abort();
    return deps.warehouse.insertJob(...given);
  };
  await run({ insertJob: abortInserted, cancelJob }, late.signal).catch(() => undefined);
  const cancelled = await newest();
  expect(cancelJob).toHaveBeenCalledWith(cancelled?.bqJobId);
  expect(cancelled?.endedAt).not.toBeNull();

  const lost = new MaestroError("transient", "the connection was lost", { retryable: true });
  const awaitQuery: Warehouse["awaitQuery"] = async (...given) => {
    await deps.warehouse.awaitQuery(...given);
    throw lost;
  };
  await expect(run({ awaitQuery })).rejects.toBe(lost);
  const settled = await newest();
  expect(settled?.bqJobId).not.toBe(cancelled?.bqJobId);
  expect(settled).toMatchObject({ endedAt: expect.anything(), bytesBilled: expect.any(Number) });
});

test("a preview that a daemon left behind is settled by another", async () => {
  const { id } = await get<TableDetail>("tables.byName", { name: "lab.numbers" });
  const { deps } = opened;
  const noted = { tableId: id, user: "admin@example.com", group: null };
  const ended = (await get<JobView[]>("tables.jobs", { id })).map(({ bqJobId }) => bqJobId);
  const left = `maestro_${deps.instanceId}_preview_left`;
  const young = `maestro_${deps.instanceId}_preview_young`;
  const configuration = { query: { query: "select 1 as x", useLegacySql: false } };
  const now = deps.now();
  await insertPreviewJob(deps.db, { ...noted, bqJobId: left, createdAt: new Date(0) });
  await insertPreviewJob(deps.db, { ...noted, bqJobId: young, createdAt: now });
  await deps.warehouse.insertJob(left, configuration, {});
  await settleLeftPreviews(deps, new AbortController().signal);
  const jobs = await get<JobView[]>("tables.jobs", { id });
  const fresh = jobs.filter(({ bqJobId }) => !ended.includes(bqJobId));
  expect(new Map(fresh.map(({ bqJobId, endedAt }) => [bqJobId, endedAt !== null]))).toEqual(
    new Map([
      [young, false],
      [left, true],
    ]),
  );
});

test("an external table is uploaded by its signed URL and loaded", async () => {
  const definition = { dataset: "lab", name: "files", kind: "external" };
  const { id } = await post<SavedTable>("tables.create", { definition });
  const target = await post<UploadTarget>("tables.uploadUrl", { id, fileName: "rows.csv" });
  const upload = await fetch(target.url, {
    method: "PUT",
    headers: { "content-type": target.contentType },
    body: "name,size\none,1\ntwo,2\n",
  });
  expect(upload.status).toBe(200);
  const objects = [target.objectName];
  const { runId } = await post<{ runId: number }>("tables.loadExternal", { id, objects });
  await runToGreen(runId, "uploaded");
  const preview = await get<TablePreview>("tables.preview", { id });
  expect(preview.rows).toEqual([
    ["one", expect.anything()],
    ["two", expect.anything()],
  ]);
});
