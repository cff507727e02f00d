import { Readable } from "node:stream";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { getExtract } from "../../../server/services/runs/get-extract.ts";
import { sweepBucket } from "../../../server/services/runs/sweep-bucket.ts";
import { tellTableRun } from "../../../server/services/runs/tell-table-run.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { tableDefinitionSchema } from "../../../shared/table.ts";
import { openLocalDeps } from "../../flows/local-deps.ts";
import { insertCatalog } from "../../support/catalog.ts";

let opened: Awaited<ReturnType<typeof openLocalDeps>>;
beforeAll(async () => {
  opened = await openLocalDeps();
});
afterAll(() => opened.close());

const signal = new AbortController().signal;
const hourMs = 3_600_000;

/** As if so many hours had passed since all that is in the bucket was put there. */
function after(hours: number, overrides: Partial<typeof opened.deps> = {}) {
  const now = () => new Date(Date.now() + hours * hourMs);
  return sweepBucket({ ...opened.deps, now, random: () => 0, ...overrides }, signal);
}

async function put(...names: string[]): Promise<void> {
  const { objectStore } = opened.deps;
  const upload = (name: string) =>
    objectStore.upload(name, Readable.from(["x"]), { contentType: "text/plain" });
  for (let at = 0; at < names.length; at += 16) {
    await Promise.all(names.slice(at, at + 16).map(upload));
  }
}

const left = async (prefix: string) =>
  (await opened.deps.objectStore.list(prefix)).map(({ name }) => name);

async function tableRun(
  tableId: number,
  values: Partial<typeof tableRuns.$inferInsert>,
): Promise<number> {
  const { db } = opened.deps;
  const [run] = await db.insert(runs).values({ kind: "manual" }).returning();
  const definition = tableDefinitionSchema.parse({ dataset: "d", name: "t", kind: "summary" });
  const [row] = await db
    .insert(tableRuns)
    .values({
      runId: run!.id,
      tableId,
      definition,
      state: "succeeded",
      endedAt: new Date(),
      ...values,
    })
    .returning();
  return row!.id;
}

const makeTable = async (name: string) =>
  (await insertCatalog(opened.deps.db, [{ name }])).get(name)!;

async function extracted(tableId: number, name: string, files: number, more = 0) {
  const { db } = opened.deps;
  const id = await tableRun(tableId, {});
  const names = Array.from({ length: files + more }, (_, n) => `extracts/d.${name}/${id}/${n}.gz`);
  await put(...names);
  const extractObjects = names.slice(0, files);
  await db.update(tableRuns).set({ extractObjects }).where(eq(tableRuns.id, id));
  return { id, names };
}

test("extracts go when their time is up, but for the newest of each table", async () => {
  const tableId = await makeTable("kept");
  const older = await extracted(tableId, "kept", 2);
  const newer = await extracted(tableId, "kept", 1);
  const failed = await tableRun(tableId, { state: "failed" });
  await put(`extracts/d.kept/${failed}/0.gz`);
  expect(await after(29 * 24)).toBe(0);
  // Two daemons at the same time.
  await Promise.all([after(31 * 24), after(31 * 24)]);
  expect(await left("extracts/d.kept/")).toEqual(newer.names);
  const { story } = await tellTableRun(opened.deps, { id: older.id });
  expect(story.at(-1)!.text).toMatch(/^the files of its extract were deleted/);
  expect((await tellTableRun(opened.deps, { id: newer.id })).story.at(-1)!.text).toMatch(/^succ/);
  const extract = await getExtract(opened.deps, tableId);
  expect(extract).toMatchObject({ tableRunId: newer.id, missingFiles: 0 });
  expect((await fetch(extract!.files[0]!.url)).status).toBe(200);
  // Of a table that is deleted, the newest goes as well.
  const deletedAt = new Date();
  await opened.deps.db.update(tables).set({ deletedAt }).where(eq(tables.id, tableId));
  await after(31 * 24);
  expect(await left("extracts/d.kept/")).toEqual([]);
});

test("without a retention time all extracts stay", async () => {
  const tableId = await makeTable("forever");
  const extracts = [await extracted(tableId, "forever", 1), await extracted(tableId, "forever", 1)];
  await after(1000 * 24, { limits: { ...opened.deps.limits, extractRetentionDays: 0 } });
  expect(await left("extracts/d.forever/")).toEqual(extracts.flatMap(({ names }) => names).sort());
});

test("what an earlier attempt left beside an extract goes after a day", async () => {
  const tableId = await makeTable("twice");
  const { names } = await extracted(tableId, "twice", 1, 2);
  expect(await after(23)).toBe(0);
  await after(25);
  expect(await left("extracts/d.twice/")).toEqual(names.slice(0, 1));
});

test("files that others have deleted are told as gone, and get no dead link", async () => {
  const tableId = await makeTable("thinned");
  const { names } = await extracted(tableId, "thinned", 3);
  await opened.deps.objectStore.remove(names.slice(1));
  expect(await getExtract(opened.deps, tableId)).toMatchObject({
    files: [{ name: names[0] }],
    missingFiles: 2,
  });
  await opened.deps.objectStore.remove(names);
  expect(await getExtract(opened.deps, tableId)).toMatchObject({ files: [], missingFiles: 3 });
});

test("what dead claims have staged goes a day later, and what a resume would load stays", async () => {
  const tableId = await makeTable("staged");
  const failed = await tableRun(tableId, { state: "failed", step: "load" });
  const staged = `imports/${failed}/2/a.parquet`;
  await opened.deps.db
    .update(tableRuns)
    .set({ stagedObjects: [staged] })
    .where(eq(tableRuns.id, failed));
  const working = await tableRun(tableId, { state: "running", step: "import", endedAt: null });
  const current = `imports/${working}/1/a.parquet`;
  await put(staged, `imports/${failed}/1/a.parquet`, current, "imports/999999/1/a.parquet");
  await after(25);
  expect(await left("imports/")).toEqual([staged, current].sort());
});

test("what was staged for an export goes when its table run has ended", async () => {
  const tableId = await makeTable("exported");
  const done = await tableRun(tableId, {});
  const working = await tableRun(tableId, { state: "running", step: "export", endedAt: null });
  await put(`exports/${done}/1/0.gz`, `exports/${working}/1/0.gz`);
  await after(2);
  expect(await left("exports/")).toEqual([`exports/${working}/1/0.gz`]);
});

test("uploads that nobody has loaded go with the retention time, over many pages of a listing", async () => {
  const tableId = await makeTable("uploaded");
  const named = "uploads/d.uploaded/b/wanted.csv";
  await tableRun(tableId, { state: "failed", step: "load", stagedObjects: [named] });
  const forgotten = Array.from({ length: 25 }, (_, n) => `uploads/d.uploaded/a/${n}.csv`);
  await put(named, ...forgotten);
  expect(await after(29 * 24)).toBe(0);
  const { objectStore } = opened.deps;
  const listPage = async (prefix: string, pageToken: string | null) => {
    const { objects } = await objectStore.listPage(prefix, null);
    const rest = objects.filter(({ name }) => name > (pageToken ?? ""));
    const nextPageToken = rest.length > 10 ? rest[9]!.name : null;
    return { objects: rest.slice(0, 10), nextPageToken };
  };
  await after(31 * 24, { objectStore: { ...objectStore, listPage } });
  expect(await left("uploads/d.uploaded/")).toEqual([named]);
});

test("a bucket that refuses keeps nothing from going once it gives way", async () => {
  const tableId = await makeTable("locked");
  const done = await tableRun(tableId, {});
  await put(`exports/${done}/1/0.gz`, `exports/${done}/1/1.gz`, "other/file");
  const remove = (names: string[]) =>
    names.some((name) => name.endsWith("/0.gz"))
      ? Promise.reject(new MaestroError("storage", "a hold"))
      : opened.deps.objectStore.remove(names);
  await after(2, { objectStore: { ...opened.deps.objectStore, remove } });
  expect(await left(`exports/${done}/`)).toEqual([`exports/${done}/1/0.gz`]);
  await after(2);
  expect(await left(`exports/${done}/`)).toEqual([]);
  expect(await left("other/")).toEqual(["other/file"]);
});
