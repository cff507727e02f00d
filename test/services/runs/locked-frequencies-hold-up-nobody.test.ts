import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
let editor: pg.Client;
let ids: Map<string, number>;
let held: number;
let free: number;

/** An editor's session has the row of the first of two frequencies locked. */
beforeEach(async () => {
  fixture = await openEngineFixture();
  editor = new pg.Client({ connectionString: fixture.connectionString });
  await editor.connect();
  const hourly = { periodSeconds: 3_600, effectiveFrom: new Date(0) };
  held = await insertFrequency(fixture.db, { name: "held", ...hourly });
  free = await insertFrequency(fixture.db, { name: "free", ...hourly });
  ids = await insertCatalog(fixture.db, [
    { name: "x", frequencyId: held },
    { name: "y", frequencyId: free },
    { name: "alone" },
  ]);
});
afterEach(async () => {
  await editor.end();
  await fixture.close();
});

async function lockHeld() {
  await editor.query("begin");
  await editor.query("select from frequencies where id = $1 for update", [held]);
}

const at = new Date("2026-03-05T10:00:00Z");

async function ticksOf(frequencyId: number): Promise<number> {
  const { rows } = await fixture.deps.pool.query("select from runs where frequency_id = $1", [
    frequencyId,
  ]);
  return rows.length;
}

test("a frequency whose row somebody has locked holds up no other's tick, and ticks when it is free", async () => {
  await lockHeld();
  await lookAt(fixture.deps, at);
  expect([await ticksOf(held), await ticksOf(free)]).toEqual([0, 1]);
  await editor.query("rollback");
  await lookAt(fixture.deps, at);
  expect([await ticksOf(held), await ticksOf(free)]).toEqual([1, 1]);
});

test("nor does one that cannot tick and whose trouble cannot be written down", async () => {
  await fixture.deps.pool.query(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'refused'; end $$;
    create trigger no_run before insert on runs for each row
      when (new.frequency_id = ${held}) execute function refuse();
    create trigger no_note before update on frequencies for each row execute function refuse()`);
  await lookAt(fixture.deps, at);
  expect([await ticksOf(held), await ticksOf(free)]).toEqual([0, 1]);
});

test("the save of one of its tables does not put a tick off", async () => {
  await editor.query("begin");
  await editor.query("update tables set frequency_id = $1 where id = $2", [held, ids.get("alone")]);
  await lookAt(fixture.deps, at);
  expect([await ticksOf(held), await ticksOf(free)]).toEqual([1, 1]);
});

async function failedRun(): Promise<number> {
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.x" ? { reason: "invalidQuery", message: "bad" } : null;
  fixture.start({ ticks: false });
  const { runId } = (await assembleRun(fixture.deps, held, at)) as { runId: number };
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  fixture.warehouse.outcome = () => null;
  return runId;
}

test("a resume that finds it locked is refused, and holds up no other run meanwhile", async () => {
  const runId = await failedRun();
  await lockHeld();
  let isAnswered = false;
  const resumed = resumeRun(fixture.deps, runId, nobody).catch((error: Error) => {
    isAnswered = true;
    return error;
  });
  const other = await startRun(fixture.deps, chooseTables([ids.get("alone")!]), nobody);
  expect((await fixture.runEnded(other.runId)).state).toBe("succeeded");
  expect(isAnswered).toBe(false);
  expect(await resumed).toMatchObject({
    code: "conflict",
    message: "a tick of its frequency is being recorded, or the frequency saved: try again",
  });
  expect((await fixture.runEnded(runId)).state).toBe("failed");
});

test("a resume that finds it locked for a moment goes on when it is free", async () => {
  const runId = await failedRun();
  await lockHeld();
  const connect = vi.spyOn(fixture.deps.pool, "connect");
  const resumed = resumeRun(fixture.deps, runId, nobody);
  // It looks for lost jobs, and then opens a transition each time that it tries.
  await until("it tries again", () => connect.mock.calls.length > 2);
  await editor.query("rollback");
  expect(await resumed).toEqual({ changed: true });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
});
