import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { claimNextTransfer, settleTransfer } from "../../../server/db/transfers.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { deliverTable } from "../../../server/services/runs/deliver-table.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { tellTableRun } from "../../../server/services/runs/tell-table-run.ts";
import { explainWaits } from "../../../server/services/why/explain-waits.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let databaseId: number;
beforeEach(async () => {
  fixture = await openEngineFixture();
  const [database] = await fixture.db
    .insert(databases)
    .values({ name: "sales", kind: "mysql", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  databaseId = database!.id;
});
afterEach(() => fixture.close());

const transfersOf = () => fixture.db.select().from(transfers).orderBy(transfers.id);

async function claimed(kind: string) {
  let claim: Awaited<ReturnType<typeof claimNextTransfer>> = null;
  await until(`a ${kind} is queued`, async () => {
    claim ??= await claimNextTransfer(fixture.db, "room");
    return claim !== null;
  });
  expect(claim!.kind).toBe(kind);
  return claim!;
}

const done = { state: "succeeded" as const, result: { rows: 3, target: "public.t" }, bytes: 30 };

async function deliver(kind: string) {
  await settleTransfer(fixture.db, await claimed(kind), done);
}

const jobSteps = async () => (await fixture.jobs()).map(({ step, attempt }) => [step, attempt]);

test("a table is staged, exported and written to its sheet before its children run", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "a", exportDatabaseId: databaseId, sheet: true },
    { name: "b", parents: ["a"] },
  ]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const claim = await claimed("export");
  expect((await transfersOf())[0]).toMatchObject({ kind: "export", databaseId });
  const state = async () => (await fixture.tableRunsOf(runId)).get("a")!;
  expect(await state()).toMatchObject({ state: "running", step: "export", leaseOwner: null });
  expect(await jobSteps()).toEqual([
    ["query", 1],
    ["stage", 1],
  ]);
  await settleTransfer(fixture.db, claim, done);
  await deliver("sheet");
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(await jobSteps()).toEqual([
    ["query", 1],
    ["stage", 1],
    ["query", 1],
  ]);
  const { id } = await state();
  const { story } = await tellTableRun(fixture.deps, { id });
  expect(story.map(({ text }) => text)).toEqual(
    expect.arrayContaining(["exported 3 rows", "wrote to its sheet 3 rows"]),
  );
});

test("the files of an extract are known also where an export follows", async () => {
  const object = "extracts/d.a/1/part-000000000000.csv.gz";
  fixture.deps.objects.set(object, 10);
  const ids = await insertCatalog(fixture.db, [
    { name: "a", exportDatabaseId: databaseId, extract: true },
  ]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await deliver("export");
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect((await fixture.tableRunsOf(runId)).get("a")!.extractObjects).toEqual([object]);
  expect(await jobSteps()).toEqual([
    ["query", 1],
    ["extract", 1],
    ["stage", 1],
  ]);
});

test("an export alone runs no query and leaves the instant of the last good run", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "a", exportDatabaseId: databaseId, sheet: true, extract: true },
  ]);
  const id = ids.get("a")!;
  fixture.start();
  const { runId } = await deliverTable(fixture.deps, id, "export", nobody);
  await deliver("export");
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(await jobSteps()).toEqual([["stage", 1]]);
  expect((await fixture.tableRunsOf(runId)).get("a")!.rowCount).toBe(3);
  const [table] = await fixture.db.select().from(tables).where(eq(tables.id, id));
  expect(table!.lastOkAt).toBe(null);

  const sheet = await deliverTable(fixture.deps, id, "sheet", nobody);
  await deliver("sheet");
  expect((await fixture.runEnded(sheet.runId)).state).toBe("succeeded");
  expect(await jobSteps()).toEqual([["stage", 1]]);
});

test("a table without an export is not exported, and the message says what to do", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  await expect(deliverTable(fixture.deps, ids.get("a")!, "export", nobody)).rejects.toMatchObject({
    code: "invalidInput",
    field: "exportDatabaseId",
  });
});

test("a failed export fails its table with the reason, and a resume stages and exports anew", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a", exportDatabaseId: databaseId }]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const fault = { state: "failed" as const, error: "disk full", retryable: false };
  await settleTransfer(fixture.db, await claimed("export"), fault);
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  const row = (await fixture.tableRunsOf(runId)).get("a")!;
  expect(row.reason).toEqual({ code: "transferFailed", text: "disk full" });
  await resumeRun(fixture.deps, runId, nobody);
  await deliver("export");
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(await jobSteps()).toEqual([
    ["query", 1],
    ["stage", 1],
    ["stage", 2],
  ]);
});

test("a run that is cancelled at an export ends, and the room is told", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "a", exportDatabaseId: databaseId }]);
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await claimed("export");
  await cancelRun(fixture.deps, runId, nobody);
  expect((await fixture.runEnded(runId)).state).toBe("cancelled");
  const [transfer] = await transfersOf();
  expect(transfer!.cancelRequestedAt).not.toBe(null);
});

test("a database has as many transfers at once as it may have, and the others say why they wait", async () => {
  await fixture.db.update(databases).set({ concurrentTransfers: 2 });
  const ids = await insertCatalog(
    fixture.db,
    ["a", "b", "c"].map((name) => ({
      name,
      kind: "import" as const,
      importDatabaseId: databaseId,
    })),
  );
  fixture.start();
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  const first = await claimed("import");
  await claimed("import");
  expect(await claimNextTransfer(fixture.db, "room")).toBe(null);
  const waits = await explainWaits(fixture.deps, { runId });
  expect([...waits.values()].map((reason) => reason?.text)).toContain(
    "its import waits for its turn: sales may have 2 transfers at once",
  );
  await settleTransfer(fixture.db, first, { state: "cancelled" });
  await claimed("import");
});
