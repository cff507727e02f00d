import { afterEach, beforeEach, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { users } from "../../../drizzle/schema/users.ts";
import { getStatus } from "../../../server/services/catalog/get-status.ts";
import { listTables } from "../../../server/services/catalog/list-tables.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { tellTableRun } from "../../../server/services/runs/tell-table-run.ts";
import { reasonCodes } from "../../../shared/reason.ts";
import type { RunSelection } from "../../../shared/run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let ids: Map<string, number>;
let ann: { userId: number; name: string };
beforeEach(async () => {
  fixture = await openEngineFixture();
  const [user] = await fixture.db.insert(users).values({ email: "ann@test" }).returning();
  ann = { userId: user!.id, name: "ann@test" };
});
afterEach(() => fixture.close());

async function start(names: string[], more: Partial<RunSelection> = {}) {
  const selection = { ...chooseTables(names.map((name) => ids.get(name)!)), ...more };
  return (await startRun(fixture.deps, selection as RunSelection, ann)).runId;
}

/** By table name, and checked against the table of reasons. */
async function reasonsOf(runId: number) {
  const { tableRuns } = await getRun(fixture.deps, runId);
  for (const { state, reason } of tableRuns) {
    expect(reasonCodes[reason.code].states).toContain(state);
  }
  return Object.fromEntries(tableRuns.map(({ tableName, reason }) => [tableName.slice(2), reason]));
}

async function textsOf(runId: number) {
  const reasons = await reasonsOf(runId);
  return Object.fromEntries(Object.entries(reasons).map(([name, { text }]) => [name, text]));
}

/** On a busy machine the last thing waited for may be the machine. */
function ran(why: string, last: string) {
  const escaped = (text: string) => text.replaceAll(/[.()]/g, "\\$&");
  return expect.stringMatching(
    new RegExp(`^${escaped(why)}; (${escaped(last)}|waited last .* for its turn)$`),
  );
}

async function insertImport(name: string) {
  const [database] = await fixture.db
    .insert(databases)
    .values({ name: "s", kind: "postgres", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  return { name, kind: "import" as const, importDatabaseId: database!.id };
}

test("while it waits, each table run names what for: daemon, parents, slot, files, room", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "b", parents: ["a"] },
    { name: "c", parents: ["a", "b", "files"] },
    { name: "files", kind: "external", externalTimeoutSeconds: 3600 },
    await insertImport("imported"),
  ]);
  fixture.warehouse.durationMs = () => 600_000;
  const runId = await start([...ids.keys()]);
  expect(await textsOf(runId)).toMatchObject({
    a: "waits for a daemon: none is running",
    b: "waits for d.a",
    c: expect.stringMatching(/^waits for d\.(a|files) and 2 more$/),
    imported: "waits for a daemon: none is running",
  });
  expect(await getStatus(fixture.deps, ids.get("b")!)).toMatchObject({
    status: "waiting",
    reason: "waits for d.a",
    why: { code: "parentsPending", tableName: "d.a" },
    runId,
  });

  fixture.start({ ticks: false });
  await until("a runs", async () => (await fixture.statesOf(runId))["a"] === "running");
  await until(
    "files are waited for",
    async () => (await reasonsOf(runId))["files"]?.code === "waitingForUpload",
  );
  const texts = await textsOf(runId);
  expect(texts["a"]).toEqual(
    ran("runs its query; ran because ann@test asked for it", "waited for nothing"),
  );
  expect(texts["files"]).toMatch(/^waits until \d{4}-\d\d-\d\d \d\d:\d\d.* UTC for its files/);
  expect(texts["imported"]).toBe("its import waits for a free room");
  const list = await listTables(fixture.deps, { limit: 10 });
  expect(Object.fromEntries(list.map((each) => [each.name, each.statusReason]))).toMatchObject({
    "d.b": "waits for d.a",
    "d.files": texts["files"],
  });
});

test("a room's fault and its next try are named", async () => {
  ids = await insertCatalog(fixture.db, [await insertImport("imported")]);
  fixture.start({ ticks: false });
  const runId = await start(["imported"]);
  await until("the transfer is queued", async () => (await fixture.db.$count(transfers)) === 1);
  await fixture.db.update(transfers).set({
    error: "connection refused",
    leaseUntil: new Date("2126-01-01T00:00:30Z"),
  });
  expect((await reasonsOf(runId))["imported"]).toEqual({
    code: "waitingForRoom",
    text: "its import is tried again after 2126-01-01 00:00:30 UTC: connection refused",
    until: "2126-01-01T00:00:30.000Z",
  });
});

test("who waits for a slot says whether its run has too few or all of them, and who for another run", async () => {
  await fixture.close();
  fixture = await openEngineFixture({ concurrentTableRuns: 2, concurrentTableRunsPerRun: 1 });
  const [user] = await fixture.db.insert(users).values({ email: "ann@test" }).returning();
  ann = { userId: user!.id, name: "ann@test" };
  ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b" }, { name: "c" }]);
  fixture.warehouse.durationMs = () => 600_000;
  fixture.start({ ticks: false });
  const first = await start(["a", "b"]);
  await until("one runs", () => fixture.warehouse.jobs.size === 1);
  const busyName = (await fixture.statesOf(first))["a"] === "running" ? "a" : "b";
  const idleName = busyName === "a" ? "b" : "a";
  expect((await reasonsOf(first))[idleName]).toEqual({
    code: "runSlotsFull",
    text: "waits for a free slot: 1 of its run's 1 are busy",
  });
  const second = await start([busyName]);
  expect((await reasonsOf(second))[busyName]).toMatchObject({
    code: "tableBusy",
    text: `waits for run ${first}, which runs the same table`,
    runId: first,
  });
  const third = await start(["c"]);
  await until("two run", () => fixture.warehouse.jobs.size === 2);
  expect((await reasonsOf(first))[idleName]?.text).toBe("waits for a free slot: 2 of 2 are busy");
  expect((await reasonsOf(third))["c"]?.code).toBe("working");
});

test("what succeeded says why it ran and what it waited for last", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "top" },
    { name: "left", parents: ["top"] },
    { name: "bottom", parents: ["left"] },
  ]);
  fixture.start({ ticks: false });
  const line = await start(["left"], { withAncestors: true, withDescendants: true });
  await fixture.runEnded(line);
  expect(await reasonsOf(line)).toMatchObject({
    top: {
      code: "drawnIn",
      text: ran("ran as an ancestor of d.left, which ann@test asked for", "waited for nothing"),
    },
    left: {
      code: "asked",
      text: ran("ran because ann@test asked for it", "waited last for d.top"),
      tableName: "d.top",
    },
    bottom: {
      code: "drawnIn",
      text: ran(
        "ran as a descendant of d.left, which ann@test asked for",
        "waited last for d.left",
      ),
    },
  });
  expect((await getStatus(fixture.deps, ids.get("top")!)).why?.text).toEqual(
    ran("ran in the line of d.left, which ann@test asked for", "waited for nothing"),
  );
  const { criticalPath, tableRuns } = await getRun(fixture.deps, line);
  const names = new Map(tableRuns.map(({ id, tableName }) => [id, tableName]));
  expect(criticalPath.map((id) => names.get(id))).toEqual(["d.top", "d.left", "d.bottom"]);
});

test("a tick names itself and its frequency, and a started frequency who started it", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "daily",
    effectiveFrom: new Date(0),
  });
  ids = await insertCatalog(fixture.db, [
    { name: "a", frequencyId },
    {
      name: "never",
      frequencyId,
      conditions: [{ months: [2], weekdays: [], days: [], hours: [] }],
    },
  ]);
  fixture.start({ ticks: false });
  const at = new Date("2026-03-05T00:00:00Z");
  const assembled = await assembleRun(fixture.deps, frequencyId, at);
  const ticked = assembled.kind === "nothing" ? 0 : assembled.runId;
  await fixture.runEnded(ticked);
  expect(await reasonsOf(ticked)).toMatchObject({
    a: {
      code: "tick",
      text: ran("ran for the tick of 2026-03-05 00:00 UTC of daily", "waited for nothing"),
      tickAt: at.toISOString(),
      frequencyId,
    },
    never: { code: "conditionFalse" },
  });
  const { runId } = await startRun(fixture.deps, { kind: "frequency", frequencyId }, ann);
  await fixture.runEnded(runId);
  expect((await textsOf(runId))["a"]).toEqual(
    ran("ran because ann@test asked for the frequency daily", "waited for nothing"),
  );
});

test("a skip tells the ancestor's error; the run names it, too", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "bad" },
    { name: "child", parents: ["bad"] },
    { name: "grandchild", parents: ["child"] },
  ]);
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "Unrecognized name: x" });
  fixture.start({ ticks: false });
  const runId = await start([...ids.keys()]);
  await fixture.runEnded(runId);
  const bad = (await fixture.tableRunsOf(runId)).get("bad")!;
  const reasons = await reasonsOf(runId);
  expect(reasons["bad"]).toMatchObject({ code: "jobFailed" });
  expect(reasons["grandchild"]).toEqual({
    code: "parentFailed",
    text: `d.bad failed, so that its parent d.child was skipped: ${reasons["bad"]?.text}`,
    tableRunId: bad.id,
    tableName: "d.bad",
    runId,
  });
  const { reason } = await getRun(fixture.deps, runId);
  expect(reason).toBe(`d.bad: ${reasons["bad"]?.text}`);
  const list = await listTables(fixture.deps, { limit: 10 });
  expect(list.find(({ name }) => name === "d.child")?.statusReason).toBe(reasons["child"]?.text);
});

test("what was cancelled says by whom, also where its job ran; a resume is named", async () => {
  ids = await insertCatalog(fixture.db, [{ name: "a" }, { name: "b", parents: ["a"] }]);
  fixture.warehouse.durationMs = () => 600_000;
  fixture.start({ ticks: false });
  const runId = await start(["a", "b"]);
  await until("the job runs", () => fixture.warehouse.jobs.size === 1);
  await cancelRun(fixture.deps, runId, ann);
  await fixture.runEnded(runId);
  expect(await textsOf(runId)).toEqual({
    a: "cancelled while its job ran: ann@test cancelled the run",
    b: "the run was cancelled by ann@test",
  });
  expect((await getRun(fixture.deps, runId)).reason).toBe("cancelled by ann@test");
  fixture.warehouse.durationMs = () => 0;
  await resumeRun(fixture.deps, runId, { userId: null, name: "bob@test" });
  await fixture.runEnded(runId);
  const resumed = "ran when bob@test resumed the run";
  expect(await textsOf(runId)).toEqual({
    a: ran(`${resumed}, and is in it because ann@test asked for it`, "waited for nothing"),
    b: ran(`${resumed}, and is in it because ann@test asked for it`, "waited last for d.a"),
  });
});

test("the story of a table run tells all of it, in order", async () => {
  ids = await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "b" },
    { name: "c", parents: ["a", "b"], retries: 0 },
  ]);
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.c" ? { reason: "invalidQuery", message: "Unrecognized name: x" } : null;
  fixture.start({ ticks: false });
  const runId = await start(["c"], { withAncestors: true });
  await fixture.runEnded(runId);
  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId, { userId: null, name: "bob@test" });
  await fixture.runEnded(runId);

  const told = await tellTableRun(fixture.deps, { runId, name: "d.c" });
  expect(told.run.id).toBe(runId);
  const lines = told.story.filter(({ text }) => !text.includes("a daemon to take it up"));
  expect(lines.map(({ kind, text }) => [kind, text])).toEqual([
    ["run", `run ${runId} was made, and d.c is in it because ann@test asked for it`],
    ["fault", expect.stringMatching(/^query job, attempt 1 failed: .*Unrecognized name: x/)],
    ["run", "bob@test resumed the run"],
    ["wait", "its 2 parents had succeeded already"],
    ["work", "query job, attempt 2 succeeded, 1.0 KiB processed, 10.0 MiB billed, 0.0 s of slots"],
    ["end", expect.stringMatching(/^succeeded after \d+\.\d s/)],
  ]);
  const jobIds = (await fixture.jobs()).slice(-2).map(({ bqJobId }) => bqJobId);
  expect(told.story.flatMap(({ bqJobId }) => bqJobId ?? [])).toEqual(jobIds);
  const ancestor = await tellTableRun(fixture.deps, { id: told.parentIds[0]! });
  expect(ancestor.story[0]?.text).toMatch(/is in it as an ancestor of d\.c, which ann@test/);
  await expect(tellTableRun(fixture.deps, { runId, name: "d.x" })).rejects.toThrow(
    `run ${runId} has no table d.x`,
  );
  await expect(tellTableRun(fixture.deps, { runId: 99, name: "d.x" })).rejects.toThrow(
    "there is no run 99",
  );
  await expect(tellTableRun(fixture.deps, { id: 99 })).rejects.toThrow("no table run 99");
});

test("a story goes on while the table run does, and names another run that it waits for", async () => {
  ids = await insertCatalog(fixture.db, [{ name: "a" }]);
  fixture.warehouse.durationMs = () => 600_000;
  fixture.start({ ticks: false });
  const first = await start(["a"]);
  await until("the job runs", () => fixture.warehouse.jobs.size === 1);
  const second = await start(["a"]);
  const { story } = await tellTableRun(fixture.deps, { runId: second, name: "d.a" });
  expect(story.map(({ text }) => text).slice(-2)).toEqual([
    "had no parents in the run to wait for",
    `now: waits for run ${first}, which runs the same table`,
  ]);
  await cancelRun(fixture.deps, first, ann);
  await until("the second begins", () => fixture.warehouse.jobs.size === 2);
  const later = await tellTableRun(fixture.deps, { runId: second, name: "d.a" });
  const lines = later.story.filter(({ text }) => !text.includes("a daemon to take it up"));
  expect(lines.map(({ text }) => text).slice(2)).toEqual([
    `waited for run ${first}, which ran the same table`,
    expect.stringMatching(/^query job, attempt 1 (runs in|is about to be sent to) BigQuery$/),
    expect.stringMatching(/^now: runs its query; ran because ann@test asked for it/),
  ]);
  expect(lines[2]?.runId).toBe(first);
});
