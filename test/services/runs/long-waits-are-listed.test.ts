import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { describeHome } from "../../../server/services/system/describe-home.ts";
import { insertSource } from "../../flows/played-people.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

async function start(wanted: Parameters<typeof insertCatalog>[1]): Promise<number> {
  const ids = await insertCatalog(fixture.db, wanted);
  return (await startRun(fixture.deps, chooseTables(ids.values()), nobody)).runId;
}

/** All that happened so far, happened so many minutes earlier. */
async function letPass(minutes: number): Promise<void> {
  const ago = sql.raw(`interval '${minutes} minutes'`);
  await fixture.db.update(runs).set({ createdAt: sql`created_at - ${ago}` });
  const times = { readyAt: sql`ready_at - ${ago}`, startedAt: sql`started_at - ${ago}` };
  await fixture.db.update(tableRuns).set(times);
}

async function waitsOnHome(): Promise<string[]> {
  const { longWaits } = await describeHome(fixture.deps);
  return longWaits.map(({ tableName, reason }) => `${tableName} ${reason.code}`);
}

test("what waits for files, a room, a turn or BigQuery is listed after five minutes, and what waits for its parents is not", async () => {
  const importDatabaseId = await insertSource(fixture.deps);
  fixture.warehouse.intercept = ({ kind }) =>
    kind === "insert" ? { status: 503, reason: "backendError", message: "Away" } : null;
  fixture.start({ ticks: false });
  const runId = await start([
    { name: "files", kind: "external", externalTimeoutSeconds: 3_600 },
    { name: "imported", kind: "import", importDatabaseId, importTable: "t" },
    { name: "sent" },
    { name: "below", parents: ["sent"] },
  ]);
  await until("all have begun that can", async () => {
    const rows = await fixture.tableRunsOf(runId);
    const isTold = rows.get("sent")?.reason?.code === "warehouseAway";
    return isTold && rows.get("files")?.state === "running" && (await countTransfers()) === 1;
  });
  const { tableId } = (await fixture.tableRunsOf(runId)).get("sent")!;
  await startRun(fixture.deps, chooseTables([tableId]), nobody);
  await letPass(4);
  expect(await waitsOnHome()).toEqual([]);
  await letPass(2);
  expect((await waitsOnHome()).sort()).toEqual([
    "d.files waitingForUpload",
    "d.imported waitingForRoom",
    "d.sent tableBusy",
    "d.sent warehouseAway",
  ]);

  // A room has taken the import: it is worked on, however long.
  await fixture.db
    .update(transfers)
    .set({ state: "running", leaseUntil: sql`clock_timestamp() + interval '1 hour'` });
  expect(await waitsOnHome()).not.toContain("d.imported waitingForRoom");
});

test("a wait for the tick of another frequency is listed, until it comes", async () => {
  const always = { active: true, effectiveFrom: new Date(0), parentWaitSeconds: 86_400 };
  const daily = await insertFrequency(fixture.db, { name: "daily", ...always });
  const hourly = await insertFrequency(fixture.db, { periodSeconds: 3_600, ...always });
  await insertCatalog(fixture.db, [
    { name: "parent", frequencyId: daily },
    { name: "child", parents: ["parent"], frequencyId: hourly },
  ]);
  await assembleRun(fixture.deps, hourly, new Date("2026-03-05T10:00:00Z"));
  await letPass(6);
  expect(await waitsOnHome()).toEqual(["d.child parentTick"]);
  fixture.start({ ticks: false });
  await assembleRun(fixture.deps, daily, new Date("2026-03-05T00:00:00Z"));
  await until("the wait is over", async () => (await waitsOnHome()).length === 0);
});

function countTransfers(): Promise<number> {
  return fixture.db.$count(transfers);
}
