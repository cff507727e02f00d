import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inTransaction } from "../../../server/db/transition.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertSource, playPeople } from "../../flows/played-people.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let editor: pg.Client;
beforeEach(async () => {
  fixture = await openEngineFixture();
  editor = new pg.Client({ connectionString: fixture.connectionString });
  await editor.connect();
});
afterEach(async () => {
  await editor.end();
  await fixture.close();
});

async function insertImports() {
  const importDatabaseId = await insertSource(fixture.deps);
  const asImport = { kind: "import" as const, importDatabaseId, importTable: "t", idColumn: "id" };
  return insertCatalog(fixture.db, [
    { name: "edited", ...asImport },
    { name: "free", ...asImport },
    { name: "child", parents: ["free"] },
  ]);
}

async function lastIds() {
  const { rows } = await fixture.deps.pool.query("select name, last_id from tables order by name");
  return Object.fromEntries(rows.map(({ name, last_id }) => [name, last_id]));
}

test("an import whose table somebody edits ends when that is done, and the others before", async () => {
  const ids = await insertImports();
  await editor.query("begin");
  await editor.query("update tables set description = 'x' where id = $1", [ids.get("edited")]);
  const people = playPeople(fixture.deps, fixture.warehouse);
  fixture.start({ ticks: false });
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  await until("the others ended", async () => {
    const { child, free } = await fixture.statesOf(runId);
    const areLoaded = [...fixture.warehouse.jobs.values()].filter(({ step }) => step === "load");
    return child === "succeeded" && free === "succeeded" && areLoaded.length === 2;
  });
  expect((await fixture.statesOf(runId))["edited"]).toBe("running");
  await editor.query("commit");
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  await people.stop();
  const { edited, free } = await lastIds();
  expect([edited, free].every((id) => id !== null)).toBe(true);
});

test("a transaction that PostgreSQL ends because it waits in a circle is done again", async () => {
  const ids = await insertCatalog(fixture.db, [{ name: "one" }, { name: "other" }]);
  const update = "update tables set description = description || 'x' where id = $1";
  // The one whose patience ends first is the one that PostgreSQL ends.
  await editor.query("begin; set local deadlock_timeout = '1min'");
  await editor.query(update, [ids.get("other")]);
  let attempts = 0;
  let edited: Promise<unknown> = Promise.resolve();
  await inTransaction(fixture.deps.pool, async ({ query }) => {
    attempts += 1;
    // Or this side might be quicker than the editor once more, and come into the same circle.
    await edited;
    await query("", "set local deadlock_timeout = '10ms'", []);
    await query("", update, [ids.get("one")]);
    if (attempts === 1) {
      edited = editor.query(update, [ids.get("one")]);
      await until("the editor waits", async () => {
        const { rows } = await fixture.deps.pool.query("select from pg_locks where not granted");
        return rows.length > 0;
      });
      void edited.then(() => editor.query("commit"));
    }
    await query("", update, [ids.get("other")]);
  });
  await edited;
  const { rows } = await fixture.deps.pool.query("select description from tables");
  expect(rows.map(({ description }) => description)).toEqual(["xx", "xx"]);
  expect(attempts).toBe(2);
});
