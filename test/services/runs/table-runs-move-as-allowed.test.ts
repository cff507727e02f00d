import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import { mayMove } from "../../../server/domain/run-state.ts";
import { cancelRun } from "../../../server/services/runs/cancel-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { historyLog, readMoves } from "../../flows/history.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  await fixture.deps.pool.query(historyLog);
});
afterEach(() => fixture.close());

/** The moves of all table runs since the last call; every one of them is allowed. */
async function movesSince(seen: string[]): Promise<string[]> {
  const moves = await readMoves(fixture.deps.pool);
  expect(moves.filter((move) => !mayMove(move.old_state, move.new_state))).toEqual([]);
  const all = moves.map(({ old_state, new_state }) => `${old_state} → ${new_state}`);
  const fresh = [...new Set(all.slice(seen.length))].sort();
  seen.push(...all.slice(seen.length));
  return fresh;
}

test("failure, deletion, cancel and resume move table runs only where the table of moves lets them", async () => {
  const seen: string[] = [];
  const ids = await insertCatalog(fixture.db, [
    { name: "top" },
    { name: "middle", parents: ["top"] },
    { name: "bottom", parents: ["middle"] },
    { name: "gone" },
  ]);
  fixture.warehouse.outcome = () => ({ reason: "invalidQuery", message: "bad" });
  const engine = fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await fixture.runEnded(runId);
  expect(await movesSince(seen)).toEqual([
    "ready → running",
    "running → failed",
    "waiting → skipped",
  ]);

  await engine.stop();
  await fixture.db.update(tables).set({ deletedAt: new Date() }).where(eq(tables.name, "gone"));
  await resumeRun(fixture.deps, runId, nobody);
  expect(await movesSince(seen)).toEqual([
    "failed → ready",
    "failed → skipped",
    "skipped → waiting",
  ]);

  await cancelRun(fixture.deps, runId, nobody);
  expect(await movesSince(seen)).toEqual(["ready → cancelled", "waiting → cancelled"]);

  await fixture.db.update(tables).set({ deletedAt: new Date() }).where(eq(tables.name, "bottom"));
  await resumeRun(fixture.deps, runId, nobody);
  expect(await movesSince(seen)).toEqual([
    "cancelled → ready",
    "cancelled → skipped",
    "cancelled → waiting",
  ]);

  fixture.warehouse.outcome = () => null;
  fixture.start({ ticks: false });
  await fixture.runEnded(runId);
  expect((await movesSince(seen)).includes("running → succeeded")).toBe(true);
});
