import { eq, sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
import { auditLog, users } from "../../../drizzle/schema/users.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { reimportTable } from "../../../server/services/runs/reimport-table.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** top → left, right → bottom, and one that has nothing to do with them. */
const diamond = [
  { name: "top" },
  { name: "left", parents: ["top"] },
  { name: "right", parents: ["top"] },
  { name: "bottom", parents: ["left", "right"] },
  { name: "apart" },
];

async function startedWith(names: string[], more: { above?: boolean; below?: boolean }) {
  const selection = {
    ...chooseTables(names.map((name) => ids.get(name)!)),
    withAncestors: more.above === true,
    withDescendants: more.below === true,
  };
  const { runId } = await startRun(fixture.deps, selection, nobody);
  const rows = await fixture.tableRunsOf(runId);
  return Object.fromEntries([...rows].map(([name, row]) => [name, row.asked]));
}
let ids: Map<string, number>;

test("tables run alone, with ancestors, with descendants, or both; which were asked for is kept", async () => {
  ids = await insertCatalog(fixture.db, diamond);
  expect(await startedWith(["left"], {})).toEqual({ left: true });
  expect(await startedWith(["left"], { above: true })).toEqual({ left: true, top: false });
  expect(await startedWith(["left"], { below: true })).toEqual({ left: true, bottom: false });
  expect(await startedWith(["left"], { above: true, below: true })).toEqual({
    top: false,
    left: true,
    bottom: false,
  });
  expect(await startedWith(["bottom", "apart"], { above: true })).toEqual({
    top: false,
    left: false,
    right: false,
    bottom: true,
    apart: true,
  });
  const [last] = await fixture.db.select().from(runs).where(eq(runs.id, 5));
  expect(last?.request).toEqual({
    cause: "start",
    tables: ["d.bottom", "d.apart"],
    tableCount: 2,
    withAncestors: true,
    withDescendants: false,
  });
});

test("what is unknown or deleted is refused by its name, and nothing is started", async () => {
  ids = await insertCatalog(fixture.db, diamond);
  const start = (tableIds: number[]) => startRun(fixture.deps, chooseTables(tableIds), nobody);
  await fixture.db
    .update(tables)
    .set({ deletedAt: new Date() })
    .where(eq(tables.id, ids.get("apart")!));
  await expect(start([ids.get("top")!, 999])).rejects.toThrow("there is no table with id 999");
  await expect(start([ids.get("apart")!])).rejects.toThrow("d.apart was deleted");
  await expect(start([ids.get("top")!, ids.get("apart")!])).rejects.toThrow(
    "not to be run: d.apart; start the others without",
  );
  const frequencyId = await insertFrequency(fixture.db, { name: "empty" });
  const ofFrequency = (id: number) => ({ kind: "frequency" as const, frequencyId: id });
  await expect(startRun(fixture.deps, ofFrequency(frequencyId), nobody)).rejects.toThrow(
    "the frequency empty has no tables",
  );
  await expect(startRun(fixture.deps, ofFrequency(999), nobody)).rejects.toThrow(
    "there is no frequency 999",
  );
  expect(await fixture.db.$count(runs)).toBe(0);
});

test("a second start says behind which run its tables wait; that of a frequency is refused", async () => {
  const frequencyId = await insertFrequency(fixture.db, { name: "daily" });
  ids = await insertCatalog(fixture.db, [{ name: "a", frequencyId }, { name: "b" }]);
  const select = (name: string) => chooseTables([ids.get(name)!]);
  expect(await startRun(fixture.deps, select("a"), nobody)).toEqual({ runId: 1, behind: [] });
  expect(await startRun(fixture.deps, select("b"), nobody)).toEqual({ runId: 2, behind: [] });
  expect(await startRun(fixture.deps, select("a"), nobody)).toEqual({ runId: 3, behind: [1] });
  const frequency = { kind: "frequency" as const, frequencyId };
  expect(await startRun(fixture.deps, frequency, nobody)).toEqual({ runId: 4, behind: [1, 3] });
  await expect(startRun(fixture.deps, frequency, nobody)).rejects.toThrow(
    "run 4 of the frequency daily has not ended: wait for it, or cancel it",
  );
  fixture.start({ ticks: false });
  for (const runId of [1, 2, 3, 4]) {
    expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  }
});

test("starts, cancels, resumes and reimports are written down with what they change, or neither is", async () => {
  const [user] = await fixture.db.insert(users).values({ email: "ann@test" }).returning();
  const ann = { userId: user!.id, name: "ann@test" };
  const [database] = await fixture.db
    .insert(databases)
    .values({ name: "s", kind: "postgres", host: "h", port: 1, database: "s", username: "u" })
    .returning();
  ids = await insertCatalog(fixture.db, [
    { name: "a" },
    { name: "i", kind: "import", importDatabaseId: database!.id },
  ]);
  await fixture.db.update(tables).set({ lastId: "7" }).where(eq(tables.name, "i"));
  const lastId = async () =>
    (await fixture.db.select().from(tables).where(eq(tables.name, "i")))[0]!.lastId;
  const start = () => startRun(fixture.deps, chooseTables([ids.get("a")!]), ann);

  await refuseAudit(true);
  await expect(start()).rejects.toThrow();
  await expect(reimportTable(fixture.deps, ids.get("i")!, ann)).rejects.toThrow();
  expect([await fixture.db.$count(runs), await lastId()]).toEqual([0, "7"]);
  await refuseAudit(false);
  const { runId } = await start();
  await refuseAudit(true);
  await expect(cancelRun(fixture.deps, runId, ann)).rejects.toThrow();
  expect(await fixture.statesOf(runId)).toEqual({ a: "ready" });
  await refuseAudit(false);
  await cancelRun(fixture.deps, runId, ann);
  await refuseAudit(true);
  await expect(resumeRun(fixture.deps, runId, ann)).rejects.toThrow();
  expect(await fixture.statesOf(runId)).toEqual({ a: "cancelled" });
  await refuseAudit(false);
  await resumeRun(fixture.deps, runId, ann);
  await reimportTable(fixture.deps, ids.get("i")!, ann);

  expect(await lastId()).toBeNull();
  const entries = await fixture.db.select().from(auditLog).orderBy(auditLog.id);
  expect(entries.map(({ actor, action, subjectId }) => [actor, action, subjectId])).toEqual([
    ["ann@test", "run.start", runId],
    ["ann@test", "run.cancel", runId],
    ["ann@test", "run.resume", runId],
    ["ann@test", "table.reimport", ids.get("i")],
    ["ann@test", "run.start", runId + 1],
  ]);
  const [run] = await fixture.db.select().from(runs).where(eq(runs.id, runId));
  expect(run?.steering?.map(({ action, by }) => [action, by])).toEqual([
    ["cancel", "ann@test"],
    ["resume", "ann@test"],
  ]);
});

/** Makes PostgreSQL refuse every line of the audit log, as a full disk might. */
async function refuseAudit(refuses: boolean): Promise<void> {
  await fixture.db.execute(sql`alter table audit_log drop constraint if exists refused`);
  if (refuses) {
    await fixture.db.execute(
      sql`alter table audit_log add constraint refused check (false) not valid`,
    );
  }
}
