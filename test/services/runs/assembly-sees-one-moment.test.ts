import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locks } from "../../../server/db/locks.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let editor: pg.Client;
let frequencyId: number;
let ids: Map<string, number>;
beforeEach(async () => {
  fixture = await openEngineFixture();
  editor = new pg.Client({ connectionString: fixture.connectionString });
  await editor.connect();
  frequencyId = await insertFrequency(fixture.db, { effectiveFrom: new Date(0) });
  ids = await insertCatalog(fixture.db, [
    { name: "before", frequencyId },
    { name: "after", frequencyId },
    { name: "child", frequencyId, query: "select * from d.before", parents: ["before"] },
  ]);
});
afterEach(async () => {
  await editor.end();
  await fixture.close();
});

async function saveChild(): Promise<void> {
  await editor.query("update tables set query = 'select * from d.after' where id = $1", [
    ids.get("child"),
  ]);
  await editor.query(
    "update table_references set source = 'd.after', name = 'after' where table_id = $1",
    [ids.get("child")],
  );
}

async function someoneWaits(): Promise<void> {
  await until("someone waits for the save", async () => {
    const { rows } = await fixture.deps.pool.query("select from pg_locks where not granted");
    return rows.length > 0;
  });
}

/** The child's query in a run, with the names of the tables that it waits for. */
async function childOf(runId: number) {
  const rows = await fixture.tableRunsOf(runId);
  const child = rows.get("child")!;
  const parents = [...rows].filter(([, { id }]) => child.parentIds.includes(id));
  return { query: child.definition.query, parents: parents.map(([name]) => name) };
}

const asSaved = { query: "select * from d.after", parents: ["after"] };

test("a table that is saved while a tick is assembled waits for what its new query reads", async () => {
  await editor.query("begin");
  await editor.query("lock table table_references in access exclusive mode");
  const assembled = assembleRun(fixture.deps, frequencyId, new Date("2026-03-05T00:00:00Z"));
  await someoneWaits();
  await saveChild();
  await editor.query("commit");
  const answer = await assembled;
  expect(answer.kind).toBe("started");
  expect(await childOf((answer as { runId: number }).runId)).toEqual(asSaved);
});

test("a start with ancestors beside a save is of the tables that the new query reads", async () => {
  await editor.query("begin");
  await editor.query("select pg_advisory_xact_lock($1)", [locks.catalogGraph]);
  await saveChild();
  const selection = { ...chooseTables([ids.get("child")!]), withAncestors: true };
  const started = startRun(fixture.deps, selection, nobody);
  await Promise.race([started, someoneWaits()]);
  await editor.query("commit");
  const { runId } = await started;
  expect(Object.keys(await fixture.statesOf(runId))).toEqual(["after", "child"]);
  expect(await childOf(runId)).toEqual(asSaved);
});
