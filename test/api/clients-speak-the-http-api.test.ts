import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startEngine } from "../../server/daemon/engine.ts";
import { agreeOn } from "../../server/db/git-files.ts";
import { changeSettings } from "../../server/services/settings/change-settings.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { RunDetail } from "../../shared/run.ts";
import type { SavedTable } from "../../shared/table.ts";
import { openLocalDeps } from "../flows/local-deps.ts";
import { pythonWith } from "../support/python.ts";
import { addUser, adminToken, call, dataOf, startTestServer, type TestServer } from "./support.ts";

/*
 * By plain HTTP calls, as clients of long ago make them: what they read of an answer is there, under its
 * old name. Then the Python client's own tests, against the same server.
 */

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let engine: ReturnType<typeof startEngine>;
let server: TestServer;
let headers: Record<string, string>;
let groupId: number;
const ids = new Map<string, number>();

const definitions = [
  {
    name: "numbers",
    kind: "summary",
    query: "select n, n * n as square from unnest(generate_array(1, 1000)) as n",
    extract: true,
    description: "the first of them",
    conditions: [{ months: [], weekdays: [1], days: [], hours: [3, 4] }],
  },
  {
    name: "lines",
    kind: "summary",
    query: "select 1 as n",
    extract: true,
    extractFormat: "NEWLINE_DELIMITED_JSON",
  },
  {
    name: "kinds",
    kind: "summary",
    query: `select n, cast(n as numeric) as amount, [1, 2] as list, struct(1 as a) as \`Record\`,
      b'x' as raw, timestamp '2024-01-01' as made, true as yes from lab.numbers where n = 1`,
    disposition: "append",
  },
  { name: "failing", kind: "summary", query: "select cast('on purpose' as int64) as e" },
  {
    name: "files",
    kind: "external",
    externalFormat: "NEWLINE_DELIMITED_JSON",
    externalTimeoutSeconds: 600,
  },
];

beforeAll(async () => {
  opened = await openLocalDeps({ logLevel: "silent" });
  engine = startEngine(opened.deps);
  server = await startTestServer(opened.deps);
  headers = { "x-api-token": await adminToken(opened.deps) };
  groupId = (await addUser(opened.deps, "member@test", { groups: ["owners"] })).groupIds[0]!;
  for (const one of definitions) {
    const definition = { dataset: "lab", groupId, ...one };
    const { id } = dataOf<SavedTable>(await post("tables.create", { definition }));
    ids.set(one.name, id);
  }
  for (const name of ["numbers", "lines", "kinds", "failing"]) await runToEnd(name);
});

afterAll(async () => {
  await server.close();
  await engine.stop();
  await opened.close();
});

const post = (path: string, input: unknown) =>
  call(server, path, input, { method: "POST", headers });

async function runToEnd(name: string): Promise<void> {
  const { runId } = dataOf<{ runId: number }>(await post("tables.run", { id: ids.get(name) }));
  await ended(runId);
}

async function ended(runId: number): Promise<RunDetail> {
  return vi.waitUntil(
    async () => {
      const run = dataOf<RunDetail>(await call(server, "runs.get", { id: runId }, { headers }));
      return run.endedAt === null ? undefined : run;
    },
    { timeout: 50_000, interval: 50 },
  );
}

async function get(path: string, sent = headers): Promise<{ status: number; body: never }> {
  const response = await fetch(`${server.url}${path}`, { headers: sent });
  return { status: response.status, body: (await response.json()) as never };
}

const never = "0001-01-01T00:00:00Z";
const instant = expect.stringMatching(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

test("a table has every field under the name that clients know", async () => {
  const id = ids.get("numbers")!;
  const { status, body } = await get(`/table/${id}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    Id: id,
    UserId: expect.any(Number),
    GroupId: groupId,
    Email: "admin@localhost",
    Name: "numbers",
    Dataset: "lab",
    DatasetId: expect.any(Number),
    Query: definitions[0]!.query,
    Disposition: "WRITE_TRUNCATE",
    Partitioned: false,
    LegacySQL: false,
    Description: "the first of them",
    Status: "",
    Error: "",
    Running: false,
    Extract: true,
    NotifyExtractUrl: "",
    SheetsExtract: false,
    SheetId: "",
    ExportDbId: 0,
    ExportTableName: "",
    FreqId: 0,
    Conditions: [{ months: [], weekdays: [1], days: [], hours: [3, 4] }],
    ExternalTmout: 0,
    ExternalFormat: "",
    ImportDbId: 0,
    ImportedAt: never,
    ImportSelect: { Select: "", From: "", Where: "", Limit: "", OrderBy: "" },
    IdColumn: "",
    ReimportCond: [],
    LastId: "",
    CreatedAt: instant,
    DeletedAt: never,
    LastOkRunEndAt: instant,
    TableRunId: expect.any(Number),
    Parents: [],
    GithubUrl: "",
    Extracts: { Id: expect.any(Number), StartTime: instant, URLs: [expect.any(String)] },
  });
  const { Extracts: extracts } = body as { Extracts: { URLs: string[] } };
  expect((await fetch(extracts.URLs[0]!)).status).toBe(200);
});

test("a table that is in a repository has the page of its file there", async () => {
  const { db } = opened.deps;
  const url = "https://github.com/team/sql.git";
  await changeSettings(opened.deps, { userId: null, name: "test" }, { "git.url": url });
  await agreeOn(
    db,
    {
      remote: `${url}#main`,
      tableId: ids.get("kinds")!,
      path: "tables/lab/kinds",
      version: 1,
      sqlSha: "1",
      settingsSha: "2",
    },
    null,
  );
  const { body } = await get(`/table/${ids.get("kinds")}`);
  expect(body).toHaveProperty(
    "GithubUrl",
    "https://github.com/team/sql/blob/main/tables/lab/kinds.sql",
  );
  expect((await get(`/table/${ids.get("numbers")}`)).body).toHaveProperty("GithubUrl", "");
});

test("a table names its parents, and what never was is 0, empty or of the year 1", async () => {
  const { body } = await get(`/table/${ids.get("kinds")}`);
  expect(body).toMatchObject({
    Disposition: "WRITE_APPEND",
    Parents: [{ Id: ids.get("numbers"), Dataset: "lab", Name: "numbers" }],
    Extracts: { Id: 0, StartTime: null, URLs: [] },
  });
  const external = await get(`/table/${ids.get("files")}`);
  expect(external.body).toMatchObject({
    ExternalTmout: 600,
    ExternalFormat: "NEWLINE_DELIMITED_JSON",
    LastOkRunEndAt: never,
    Status: "",
    TableRunId: 0,
    UploadURL: expect.stringMatching(/^http.*\/lab\.files\/([\w-]+)\/\1\.json\?/),
  });
});

test("a table's id is found by its name, its status is polled, and BigQuery's own words are passed on", async () => {
  const id = ids.get("numbers")!;
  expect(await get("/table/lab.numbers/id")).toEqual({ status: 200, body: { Id: id } });
  const { body } = await get(`/table/${id}/status`);
  expect(body).toEqual({
    Id: id,
    Status: "",
    Error: "",
    LastOkRunEndAt: instant,
    TableRunId: expect.any(Number),
  });
  const failing = await get(`/table/${ids.get("failing")}/status`);
  expect(failing.body).toMatchObject({ Status: "error", LastOkRunEndAt: never });
  expect(failing.body).toHaveProperty("Error", expect.stringContaining("on purpose"));
  const info = await get(`/table/${id}/bq_info`);
  expect(info.body).toMatchObject({
    kind: "bigquery#table",
    tableReference: { datasetId: "lab", tableId: "numbers" },
    numRows: "1000",
    schema: {
      fields: [
        { name: "n", type: "INTEGER" },
        { name: "square", type: "INTEGER" },
      ],
    },
  });
});

test("a file goes to the upload URL and is loaded by the last part of it", async () => {
  const id = ids.get("files")!;
  const { body } = await get(`/table/${id}`);
  const { UploadURL: url } = body as { UploadURL: string };
  const sent = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: '{"name": "zero", "size": 0}\n',
  });
  expect(sent.status).toBe(200);
  const fn = new URL(url).pathname.split("/").at(-1)!;
  const loaded = await fetch(`${server.url}/table/${id}/load_external`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ fn }),
  });
  const answer = (await loaded.json()) as { Id: number; RunId: number };
  expect(answer).toEqual({ Id: id, RunId: expect.any(Number) });
  expect(await ended(answer.RunId)).toMatchObject({ state: "succeeded" });
});

test("what is refused says why and what to do, under the names that clients look at", async () => {
  const refused = (status: number, Code: string, text: string, Field: string | null = null) => ({
    status,
    body: {
      Id: null,
      Status: "error",
      Error: expect.stringContaining(text),
      Code,
      Hint: expect.stringMatching(/\w/),
      Field,
    },
  });
  expect(await get("/table/lab.nothing/id")).toEqual(refused(404, "notFound", "no table called"));
  expect(await get("/table/lab.a%00b/id")).toEqual(
    refused(400, "invalidInput", "name: it holds a NUL character", "name"),
  );
  expect(await get("/table/0")).toEqual(refused(400, "invalidInput", "whole number", "id"));
  expect(await get("/table/999999/status")).toEqual(refused(404, "notFound", "id 999999"));
  expect(await get(`/table/${ids.get("files")! + 1000}/bq_info`)).toEqual(
    refused(404, "notFound", "there is no table"),
  );
  expect(await get(`/table/${ids.get("failing")}/bq_info`)).toEqual(
    refused(404, "notFound", "lab.failing is not in BigQuery yet: run it first"),
  );
  expect(await get("/table/1", {})).toEqual(refused(401, "unauthenticated", "signed-in"));
  const load = async (name: string, body: URLSearchParams | FormData) => {
    const path = `/table/${ids.get(name)}/load_external`;
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
    return { status: response.status, body: await response.json() };
  };
  const some = new URLSearchParams({ fn: "a.json" });
  expect(await load("files", new URLSearchParams())).toEqual(
    refused(400, "invalidInput", "fn", "fn"),
  );
  expect(await load("files", some)).toEqual(
    refused(400, "invalidInput", "was not uploaded for this table", "objects"),
  );
  expect(await load("numbers", some)).toEqual(refused(400, "invalidInput", "no external table"));
  expect(await load("files", new FormData())).toEqual(
    refused(400, "invalidInput", "application/x-www-form-urlencoded"),
  );
});

test("what a bucket refuses hides nothing else of a table", async () => {
  const { objectStore } = opened.deps;
  const refuse = () => Promise.reject(new MaestroError("storage", "sign a URL: denied"));
  opened.deps.objectStore = { ...objectStore, signedReadUrl: refuse, signedWriteUrl: refuse };
  const at = vi.spyOn(opened.deps.clouds, "at").mockReturnValue(opened.deps);
  const answers = await Promise.all(
    ["numbers", "files"].map((name) => get(`/table/${ids.get(name)}`)),
  );
  Object.assign(opened.deps, { objectStore });
  at.mockRestore();
  expect(answers).toMatchObject([
    { status: 200, body: { Name: "numbers", Extracts: { URLs: [], Error: "sign a URL: denied" } } },
    { status: 200, body: { Name: "files", UploadError: "sign a URL: denied" } },
  ]);
});

test("who may not write the table sees no upload URL and loads nothing", async () => {
  const readToken = { "x-api-token": await adminToken(opened.deps, ["read"]) };
  const id = ids.get("files")!;
  expect((await get(`/table/${id}`, readToken)).body).not.toHaveProperty("UploadURL");
  const refused = await fetch(`${server.url}/table/${id}/load_external`, {
    method: "POST",
    headers: readToken,
    body: new URLSearchParams({ fn: "a.json" }),
  });
  expect(refused.status).toBe(403);
});

test("the Python client passes its tests, and PostgreSQL takes its tables", async () => {
  const elsewhere = createServer((_, answer) =>
    answer.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
  );
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const { port } = elsewhere.address() as AddressInfo;
  const script = fileURLToPath(new URL("../../python/tests/test_maestro.py", import.meta.url));
  try {
    const python = join(await pythonWith("pandas", ["pandas==2.3.3"]), "python");
    const { stdout } = await promisify(execFile)(python, [script], {
      env: {
        PATH: process.env["PATH"],
        MAESTRO_URL: server.url,
        MAESTRO_TOKEN: headers["x-api-token"],
        MAESTRO_READ_TOKEN: await adminToken(opened.deps, ["read"]),
        REDIRECTING_URL: `http://127.0.0.1:${port}`,
      },
    });
    const sql = JSON.parse(stdout) as string;
    expect(sql).toContain('"list" bigint[]');
    await opened.deps.pool.query(sql);
  } finally {
    elsewhere.close();
  }
}, 300_000);
