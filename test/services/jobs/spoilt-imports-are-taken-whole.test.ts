import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
import { transfers } from "../../../drizzle/schema/transfers.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { identifySource } from "../../../server/services/transfers/identify-source.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
  fixture.deps.random = () => 0;
});
afterEach(() => fixture.close());

/** Of the null warehouse: every load stores so many rows. */
const loadedRows = 3;

/** Imports a table of the ids up to 10, whose room has staged so many rows with the ids up to 20. */
async function importIncrement(rows: number, table: Partial<TableDefinitionInput> = {}) {
  const source = { name: "s", kind: "postgres" as const, host: "h", port: 1, database: "s" };
  const [database] = await fixture.db
    .insert(databases)
    .values({ ...source, username: "u" })
    .returning();
  const definition = { kind: "import" as const, importDatabaseId: database!.id, importTable: "a" };
  const ids = await insertCatalog(fixture.db, [
    { name: "a", idColumn: "id", ...table, ...definition },
  ]);
  await fixture.db.update(tables).set({ lastId: "10" });
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until(
    "a room may take it",
    async () => (await fixture.db.select().from(transfers)).length > 0,
  );
  const [row] = await fixture.db.select().from(tables);
  const isIncrement = row!.idColumn !== null;
  await fixture.db.update(transfers).set({
    state: "succeeded",
    endedAt: new Date(),
    result: {
      objects: ["imports/1/a.csv"],
      format: "CSV",
      schema: [{ name: "id", type: "INTEGER", mode: "NULLABLE" }],
      rows,
      lastId: isIncrement ? "20" : null,
      fromLastId: isIncrement ? "10" : null,
      watermark: "10",
      source: identifySource(row!),
      nullMarker: null,
    },
  });
  const { state } = await fixture.runEnded(runId);
  const [after] = await fixture.db.select().from(tables).where(eq(tables.id, row!.id));
  const reason = (await fixture.tableRunsOf(runId)).get("a")!.reason?.text ?? "";
  return { state, lastId: after!.lastId, reason };
}

test("a load that stored all rows moves the watermark", async () => {
  expect(await importIncrement(loadedRows)).toMatchObject({ state: "succeeded", lastId: "20" });
});

test("after a load that stored other rows, which are in the table, the next import appends none", async () => {
  const { state, lastId, reason } = await importIncrement(loadedRows + 1);
  expect({ state, lastId }).toEqual({ state: "failed", lastId: null });
  expect(reason).toBe(
    "the source gave 4 rows but the load job stored 3; the next import takes the table whole",
  );
});

test("after a load of which nobody knows what it stored, the next import appends none", async () => {
  fixture.warehouse.durationMs = () => 600_000;
  fixture.warehouse.intercept = ({ kind, phase }) =>
    kind === "get" && phase === "before" ? { status: 404, reason: "notFound" } : null;
  const { state, lastId, reason } = await importIncrement(loadedRows);
  expect({ state, lastId }).toEqual({ state: "failed", lastId: null });
  expect(reason).toMatch(/no longer has the job .*; the next import takes the table whole$/);
});

test("a load that BigQuery refuses has stored nothing: the next import goes on from the watermark", async () => {
  fixture.warehouse.outcome = () => ({ reason: "invalid", message: "bad rows" });
  expect(await importIncrement(loadedRows)).toEqual({
    state: "failed",
    lastId: "10",
    reason: "bad rows",
  });
});

test("where no import replaces the table, people are told what is in it", async () => {
  const appending = { idColumn: null, disposition: "append" as const };
  const { reason } = await importIncrement(loadedRows + 1, appending);
  expect(reason).toMatch(/its rows are in the table: remove them before a resume/);
});
