import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { type Engine, startRunner } from "../../../server/daemon/engine.ts";
import { type Room, startRoom } from "../../../server/daemon/room.ts";
import { createTable } from "../../../server/services/catalog/save-table.ts";
import { deliverTable } from "../../../server/services/runs/deliver-table.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { listTransfers } from "../../../server/services/transfers/list-transfers.ts";
import { chooseTables } from "../../support/choose-tables.ts";
import { until } from "../../support/until.ts";
import { openSheetFixture, type SheetFixture } from "./sheet-fixture.ts";

let fixture: SheetFixture;
let engine: Engine;
let room: Room;
beforeAll(async () => {
  fixture = await openSheetFixture();
  engine = startRunner(fixture.deps);
  room = startRoom(fixture.deps, { concurrency: 2, drainSeconds: 0 });
});
afterAll(async () => {
  await engine.stop();
  await room.stop();
  await fixture.close();
});

const actor = () => ({ userId: fixture.adminUserId, name: "admin@example.com" });

async function ended(runId: number): Promise<string> {
  const read = async () =>
    (await fixture.deps.db.select().from(runs).where(eq(runs.id, runId)))[0]!;
  await until("the run ends", async () => (await read()).endedAt !== null);
  return (await read()).state;
}

test("a run writes its table to the sheet, and its owner may read it", async () => {
  const { id } = await createTable(
    fixture.deps,
    { dataset: "d", name: "sums", kind: "summary", query: "select 41 as n", sheet: true },
    actor(),
  );
  const { runId } = await startRun(fixture.deps, chooseTables([id]), actor());
  expect(await ended(runId)).toBe("succeeded");
  const spreadsheetId = await fixture.spreadsheetOf(id);
  expect((await fixture.read(spreadsheetId)).map(({ values }) => values)).toEqual([[["n"], [41]]]);
  expect(await fixture.readers(spreadsheetId)).toEqual(["admin@example.com reader"]);

  const again = await deliverTable(fixture.deps, id, "sheet", actor());
  expect(await ended(again.runId)).toBe("succeeded");
  expect(await fixture.read(spreadsheetId)).toHaveLength(2);
  const [transfer] = await listTransfers(fixture.deps);
  expect(transfer).toMatchObject({ kind: "sheet", state: "succeeded", rows: 1 });
});

test("a table that no sheet takes fails its run with what to do", async () => {
  const { id } = await createTable(
    fixture.deps,
    {
      dataset: "d",
      name: "story",
      kind: "summary",
      query: "select repeat('x', 60000) as story",
      sheet: true,
    },
    actor(),
  );
  const { runId } = await startRun(fixture.deps, chooseTables([id]), actor());
  expect(await ended(runId)).toBe("failed");
  const [transfer] = await listTransfers(fixture.deps);
  expect(transfer!.error).toMatch(/60,000 characters in the column story.*leave the column out/);
  expect(await fixture.spreadsheetOf(id)).toBe("none");
});
