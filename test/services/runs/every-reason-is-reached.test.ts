import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { users } from "../../../drizzle/schema/users.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { issueUploadUrl } from "../../../server/services/runs/issue-upload-url.ts";
import { loadExternal } from "../../../server/services/runs/load-external.ts";
import { reimportTable } from "../../../server/services/runs/reimport-table.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { showPresence } from "../../../server/services/runs/show-presence.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { cancelTransfer } from "../../../server/services/transfers/cancel-transfer.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { type ReasonCode, reasonCodes } from "../../../shared/reason.ts";
import type { Reason } from "../../../shared/run.ts";
import { insertSource, playPeople } from "../../flows/played-people.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let ann: { userId: number; name: string };
const closers: (() => Promise<void> | void)[] = [];
beforeEach(() => open());
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await fixture.close();
});

async function open(limits: Parameters<typeof openEngineFixture>[0] = {}) {
  fixture = await openEngineFixture(limits);
  const [user] = await fixture.db.insert(users).values({ email: "ann@test" }).returning();
  ann = { userId: user!.id, name: "ann@test" };
}

type Wanted = Parameters<typeof insertCatalog>[1];

/** Writes tables and starts a run of those named, or of all. */
async function start(wanted: Wanted, names = wanted.map(({ name }) => name), more = {}) {
  const ids = await insertCatalog(fixture.db, wanted);
  const selection = { ...chooseTables(names.map((name) => ids.get(name)!)), ...more };
  return { ids, runId: (await startRun(fixture.deps, selection, ann)).runId };
}

function engine() {
  fixture.start({ ticks: false });
}

const forever = () => 600_000;
const refused = () => ({ reason: "invalidQuery", message: "Unrecognized name: x" });

async function tick(wanted: Omit<Wanted[number], "name"> = {}) {
  const times = { periodSeconds: 3_600, effectiveFrom: new Date(0) };
  const hourly = await insertFrequency(fixture.db, { name: "hourly", ...times });
  await insertCatalog(fixture.db, [{ name: "a", frequencyId: hourly, ...wanted }]);
  const made = await assembleRun(fixture.deps, hourly, new Date("2026-03-05T10:00:00Z"));
  return made.kind === "nothing" ? 0 : made.runId;
}

async function upload(wanted: Partial<Wanted[number]> = {}) {
  return start([{ name: "a", kind: "external", ...wanted }]);
}

async function importTable() {
  const importDatabaseId = await insertSource(fixture.deps);
  const started = await start([{ name: "a", kind: "import", importDatabaseId, importTable: "t" }]);
  engine();
  await until("it is queued", async () => (await fixture.db.$count(transfers)) === 1);
  return started;
}

/**
 * How each reason comes about: a run that has it, on which of its tables, and its words. A code
 * without a case here is none that a person could meet.
 */
const cases: Record<ReasonCode, [make: () => Promise<number>, table: string, text: RegExp]> = {
  parentsPending: [
    async () => {
      fixture.warehouse.durationMs = forever;
      engine();
      return (await start([{ name: "a" }, { name: "b", parents: ["a"] }])).runId;
    },
    "b",
    /^waits for d\.a$/,
  ],
  parentTick: [
    async () => {
      const daily = await insertFrequency(fixture.db, {
        name: "daily",
        active: true,
        effectiveFrom: new Date(0),
      });
      await insertCatalog(fixture.db, [{ name: "parent", frequencyId: daily }]);
      return tick({ parents: ["parent"] });
    },
    "a",
    /^waits for d\.parent: the tick of 2026-03-05 00:00 UTC of daily, .*, until /,
  ],
  tableBusy: [
    async () => {
      fixture.warehouse.durationMs = forever;
      engine();
      const { ids } = await start([{ name: "a" }]);
      await until("it runs", () => fixture.warehouse.jobs.size === 1);
      return (await startRun(fixture.deps, chooseTables(ids.values()), ann)).runId;
    },
    "a",
    /^waits for run 1, which runs the same table$/,
  ],
  runSlotsFull: [
    () => startTwo({ concurrentTableRunsPerRun: 1 }),
    "b",
    /^waits for a free slot: 1 of its run's 1 are busy$/,
  ],
  slotsFull: [
    () => startTwo({ concurrentTableRuns: 1 }),
    "b",
    /^waits for a free slot: 1 of 1 are busy$/,
  ],
  noDaemon: [
    async () => (await start([{ name: "a" }])).runId,
    "a",
    /^waits for a daemon: none is running$/,
  ],
  starting: [
    async () => {
      // A daemon that is there, and has not looked yet.
      const presence = new AbortController();
      const held = showPresence(fixture.deps, presence.signal);
      closers.push(async () => {
        presence.abort();
        await held;
      });
      return (await start([{ name: "a" }])).runId;
    },
    "a",
    /^is about to start$/,
  ],
  waitingForUpload: [
    async () => {
      engine();
      return (await upload()).runId;
    },
    "a",
    /^waits until .* UTC for its files to be uploaded$/,
  ],
  waitingForRoom: [async () => (await importTable()).runId, "a", /^its import waits for a free/],
  working: [
    async () => {
      fixture.warehouse.durationMs = forever;
      engine();
      return (await start([{ name: "a" }])).runId;
    },
    "a",
    /^runs its query; ran because ann@test asked for it/,
  ],
  retrying: [
    async () => {
      fixture.deps.random = () => 0.99;
      fixture.warehouse.outcome = () => ({ reason: "backendError", message: "overloaded" });
      engine();
      return (await start([{ name: "a", retries: 10 }])).runId;
    },
    "a",
    /^attempt \d+ of 11 met a transient fault: overloaded; tried again after .* UTC$/,
  ],
  warehouseAway: [
    async () => {
      fixture.warehouse.intercept = ({ kind }) =>
        kind === "insert" ? { status: 503, reason: "backendError", message: "Away" } : null;
      engine();
      return (await start([{ name: "a" }])).runId;
    },
    "a",
    /^BigQuery does not answer \(Away\), asking again since .* UTC$/,
  ],
  tick: [
    async () => {
      engine();
      return tick();
    },
    "a",
    /^ran for the tick of 2026-03-05 10:00 UTC of hourly; waited/,
  ],
  asked: [
    async () => {
      engine();
      return (await start([{ name: "a" }])).runId;
    },
    "a",
    /^ran because ann@test asked for it; waited/,
  ],
  drawnIn: [
    async () => {
      engine();
      const line = [{ name: "a" }, { name: "b", parents: ["a"] }];
      return (await start(line, ["b"], { withAncestors: true })).runId;
    },
    "a",
    /^ran as an ancestor of d\.b, which ann@test asked for; waited/,
  ],
  resumed: [
    async () => {
      engine();
      const { runId } = await startFailing([{ name: "a" }]);
      fixture.warehouse.outcome = () => null;
      await resumeRun(fixture.deps, runId, { userId: null, name: "bob@test" });
      return runId;
    },
    "a",
    /^ran when bob@test resumed the run, and is in it because ann@test asked for it; waited/,
  ],
  uploaded: [
    async () => {
      engine();
      const ids = await insertCatalog(fixture.db, [{ name: "a", kind: "external" }]);
      const input = { id: ids.get("a")!, fileName: "rows.csv" };
      const { objectName } = await issueUploadUrl(fixture.deps, input);
      fixture.deps.objects.set(objectName, 3);
      const loaded = { id: input.id, objects: [objectName] };
      return (await loadExternal(fixture.deps, loaded, ann)).runId!;
    },
    "a",
    /^ran because ann@test uploaded files for it; waited/,
  ],
  reimport: [
    async () => {
      const people = playPeople(fixture.deps, fixture.warehouse);
      closers.push(() => people.stop());
      const importDatabaseId = await insertSource(fixture.deps);
      const imported = { name: "a", kind: "import" as const, importDatabaseId, importTable: "t" };
      const ids = await insertCatalog(fixture.db, [imported]);
      engine();
      return (await reimportTable(fixture.deps, ids.get("a")!, ann)).runId;
    },
    "a",
    /^ran because ann@test asked to import it whole; waited/,
  ],
  jobFailed: [
    async () => {
      engine();
      return (await startFailing([{ name: "a" }])).runId;
    },
    "a",
    /^Unrecognized name: x/,
  ],
  extractUnlisted: [
    async () => {
      const error = new MaestroError("storage", "could not list extracts/d.a/*: no access");
      fixture.deps.objectStore.list = () => Promise.reject(error);
      engine();
      return (await start([{ name: "a", extract: true }])).runId;
    },
    "a",
    /files cannot be listed: could not list extracts/,
  ],
  transferFailed: [
    async () => {
      const { runId } = await importTable();
      await fixture.db.update(transfers).set({ state: "failed", error: 'there is no table "t"' });
      return runId;
    },
    "a",
    /^there is no table "t"$/,
  ],
  uploadTimeout: [
    async () => {
      engine();
      return (await upload({ externalTimeoutSeconds: 1 })).runId;
    },
    "a",
    /^no files were uploaded within 1 s$/,
  ],
  internal: [
    async () => {
      const { runId } = await start([{ name: "a" }]);
      await fixture.db.update(tableRuns).set({ definition: sql`definition - 'clustering'` });
      engine();
      return runId;
    },
    "a",
    /^no job could be made of it: /,
  ],
  parentFailed: [
    async () => {
      engine();
      const line = [{ name: "a" }, { name: "b", parents: ["a"] }, { name: "c", parents: ["b"] }];
      return (await startFailing(line)).runId;
    },
    "c",
    /^d\.a failed, so that its parent d\.b was skipped: Unrecognized name: x/,
  ],
  conditionFalse: [
    async () => tick({ conditions: [{ months: [2], weekdays: [], days: [], hours: [] }] }),
    "a",
    /^it takes part only in month Feb, and this tick is .*2026-03-05 10:00.* UTC$/,
  ],
  tableDeleted: [
    async () => {
      engine();
      const { runId } = await startFailing([{ name: "a" }, { name: "b" }]);
      await fixture.db.update(tables).set({ deletedAt: new Date() }).where(eq(tables.name, "a"));
      await resumeRun(fixture.deps, runId, ann);
      return runId;
    },
    "a",
    /^the table was deleted before the run was resumed$/,
  ],
  cancelled: [
    async () => {
      fixture.warehouse.durationMs = forever;
      engine();
      const { runId } = await start([{ name: "a" }]);
      await until("it runs", () => fixture.warehouse.jobs.size === 1);
      await cancelRun(fixture.deps, runId, ann);
      return runId;
    },
    "a",
    /ann@test cancelled the run$/,
  ],
};

async function startTwo(limits: Parameters<typeof openEngineFixture>[0]) {
  await fixture.close();
  await open(limits);
  fixture.warehouse.durationMs = forever;
  engine();
  // The one with a descendant goes first.
  const wanted = [{ name: "a" }, { name: "below", parents: ["a"] }, { name: "b" }];
  return (await start(wanted)).runId;
}

async function startFailing(wanted: Wanted) {
  fixture.warehouse.outcome = refused;
  const started = await start(wanted);
  await fixture.runEnded(started.runId);
  return started;
}

async function reach(runId: number, table: string, code: ReasonCode): Promise<Reason> {
  let found: { state: string; reason: Reason } | undefined;
  await until(`d.${table} has the reason ${code}`, async () => {
    const { tableRuns: rows } = await getRun(fixture.deps, runId);
    found = rows.find(({ tableName }) => tableName === `d.${table}`);
    return found?.reason.code === code;
  });
  expect(reasonCodes[code].states).toContain(found!.state);
  return found!.reason;
}

test.each(Object.keys(reasonCodes) as ReasonCode[])("%s", async (code) => {
  const [make, table, text] = cases[code];
  expect((await reach(await make(), table, code)).text).toMatch(text);
});

test("another attempt says when it comes, and once BigQuery has it, that it is under way", async () => {
  fixture.deps.random = () => 0.99;
  fixture.warehouse.outcome = ({ jobId }) =>
    jobId.endsWith("_1") ? { reason: "backendError", message: "overloaded" } : null;
  fixture.warehouse.durationMs = ({ jobId }) => (jobId.endsWith("_1") ? 0 : 600_000);
  engine();
  const { runId } = await start([{ name: "a" }]);
  const { until: at } = await reach(runId, "a", "retrying");
  expect(new Date(at!).toISOString()).toBe(at);
  const { text } = await reach(runId, "a", "working");
  expect(text).toMatch(
    /^runs its query again, as attempt 1 of 4 met a transient fault: overloaded/,
  );
});

test("an import that was cancelled by itself says by whom", async () => {
  const { runId } = await importTable();
  const [transfer] = await fixture.db.select().from(transfers);
  await cancelTransfer(fixture.deps, transfer!.id, { userId: null, name: "bob@test" });
  const { text } = await reach(runId, "a", "cancelled");
  expect(text).toBe("its import was cancelled by bob@test");
});
