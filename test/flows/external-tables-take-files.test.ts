import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { type Engine, startRunner } from "../../server/daemon/engine.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { issueUploadUrl } from "../../server/services/runs/issue-upload-url.ts";
import { loadExternal } from "../../server/services/runs/load-external.ts";
import { resumeRun } from "../../server/services/runs/resume-run.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import type { FileFormat } from "../../shared/table.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { until } from "../support/until.ts";
import { openLocalDeps } from "./local-deps.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
let engine: Engine;
beforeAll(async () => {
  opened = await openLocalDeps();
  engine = startRunner(opened.deps);
});
afterAll(async () => {
  await engine.stop();
  await opened.close();
});

const actor = () => ({ userId: opened.adminUserId, name: "admin@example.com" });

async function create(name: string, externalFormat: FileFormat, timeout = 3600): Promise<number> {
  const external = { kind: "external" as const, externalFormat, externalTimeoutSeconds: timeout };
  return (await createTable(opened.deps, { dataset: "up", name, ...external }, actor())).id;
}

async function send(
  id: number,
  fileName: string,
  body: string | Buffer<ArrayBuffer>,
): Promise<string> {
  const target = await issueUploadUrl(opened.deps, { id, fileName });
  const headers = { "content-type": target.contentType };
  const answer = await fetch(target.url, { method: "PUT", headers, body: new Blob([body]) });
  expect(answer.status).toBe(200);
  return target.objectName;
}

const runOf = async (runId: number) =>
  (await opened.deps.db.select().from(runs).where(eq(runs.id, runId)))[0]!;
const tableRunOf = async (runId: number) =>
  (await opened.deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId)))[0]!;

async function ended(runId: number) {
  await until("the run ends", async () => (await runOf(runId)).endedAt !== null);
  const { state, reason, rowCount } = await tableRunOf(runId);
  return { state, rowCount, reason: reason?.text ?? "" };
}

async function load(id: number, ...objects: string[]) {
  const { runId } = await loadExternal(opened.deps, { id, objects }, actor());
  return { runId: runId!, ...(await ended(runId!)) };
}

async function contents(name: string) {
  const { schema, rows } = await opened.deps.warehouse.preview("up", name, 100);
  return { columns: schema.map((field) => field.name), rows: rows.sort() };
}

async function parquet(query: string): Promise<Buffer<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), "maestro-test-parquet-"));
  const path = join(folder, "file.parquet");
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  await connection.run(`copy (${query}) to '${path}' (format parquet)`);
  connection.closeSync();
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  return bytes;
}

test("several files of each format become one load", async () => {
  const files: Record<FileFormat, [string, string | Buffer<ArrayBuffer>][]> = {
    CSV: [
      ["a.csv", 'name,size\none,1\n"two, or more",2\n'],
      ["b.csv.gz", gzipSync("name,size\nthree,3\n")],
    ],
    NEWLINE_DELIMITED_JSON: [
      ["a.json", '{"name":"one","size":1}\n{"name":"two, or more","size":2}\n'],
      ["b.json.gz", gzipSync('{"name":"three","size":3}\n')],
    ],
    PARQUET: [
      [
        "a.parquet",
        await parquet("select * from (values ('one', 1), ('two, or more', 2)) t(name, size)"),
      ],
      ["b.parquet", await parquet("select 'three' as name, 3 as size")],
    ],
  };
  for (const [format, parts] of Object.entries(files)) {
    const name = `of_${format.toLowerCase()}`;
    const id = await create(name, format as FileFormat);
    const objects: string[] = [];
    for (const [file, body] of parts) objects.push(await send(id, file, body));
    expect(await load(id, ...objects)).toMatchObject({ state: "succeeded", rowCount: 3 });
    expect(await contents(name)).toEqual({
      columns: ["name", "size"],
      rows: [
        ["one", 1],
        ["three", 3],
        ["two, or more", 2],
      ],
    });
    await until("the uploads are gone", async () => {
      return (await opened.deps.objectStore.list(`uploads/up.${name}/`)).length === 0;
    });
  }
});

test("a run waits for the files, and fails when they do not come in time", async () => {
  const waiting = await create("awaited", "CSV");
  const { runId } = await startRun(opened.deps, chooseTables([waiting]), nobody);
  await until("it waits", async () => (await tableRunOf(runId)).step === "upload");
  const object = await send(waiting, "a.csv", "n\n1\n2\n");
  expect(await loadExternal(opened.deps, { id: waiting, objects: [object] }, actor())).toEqual({
    runId: null,
  });
  expect(await ended(runId)).toMatchObject({ state: "succeeded", rowCount: 2 });
  const late = await create("late", "CSV", 1);
  const lateRun = await startRun(opened.deps, chooseTables([late]), nobody);
  const failed = await ended(lateRun.runId);
  expect(failed.state).toBe("failed");
  expect(failed.reason).toMatch(/upload/);
});

test("empty files and objects that were not uploaded are refused where they are named", async () => {
  const id = await create("checked", "CSV");
  const empty = await send(id, "empty.csv", "");
  const named = (objects: string[]) => loadExternal(opened.deps, { id, objects }, actor());
  await expect(named([empty])).rejects.toThrow(/empty\.csv is empty: upload the file again/);
  await expect(named(["uploads/up.checked/x/a.csv"])).rejects.toThrow(/was not uploaded/);
  await expect(named([])).rejects.toThrow(/name the uploaded objects/);
  const other = await create("other", "CSV");
  const theirs = await send(other, "a.csv", "n\n1\n");
  await expect(named([theirs])).rejects.toThrow(/was not uploaded for this table/);
});

test("files that do not fit load nothing, say why, and are mended by a resume", async () => {
  const id = await create("mended", "NEWLINE_DELIMITED_JSON");
  const good = '{"n":1}\n';
  expect(await load(id, await send(id, "a.json", good))).toMatchObject({ state: "succeeded" });
  const bad = await send(id, "b.json", '{"n":2}\n{"n": oops\n');
  const failed = await load(id, await send(id, "c.json", good), bad);
  expect(failed.state).toBe("failed");
  expect(failed.reason).toMatch(/\(a resume waits for other files, or these again\)$/);
  expect((await contents("mended")).rows).toEqual([[1]]);
  await resumeRun(opened.deps, failed.runId, actor());
  await until("it waits", async () => (await tableRunOf(failed.runId)).step === "upload");
  const objects = [await send(id, "d.json", '{"n":2}\n{"n":3}\n')];
  await loadExternal(opened.deps, { id, objects }, actor());
  expect(await ended(failed.runId)).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect((await contents("mended")).rows).toEqual([[2], [3]]);
});

test("a file that is no Parquet is told and changes nothing", async () => {
  const id = await create("strict", "PARQUET");
  const first = await send(id, "a.parquet", await parquet("select 1 as n"));
  expect(await load(id, first)).toMatchObject({ state: "succeeded", rowCount: 1 });
  const text = await load(id, await send(id, "b.parquet", "n\n1\n"));
  expect(text.state).toBe("failed");
  expect(text.reason).toMatch(/b\.parquet|Parquet/i);
  expect((await contents("strict")).rows).toEqual([[1]]);
});
