import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { describeHome } from "../../../server/services/system/describe-home.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

async function run(ids: Iterable<number>): Promise<number> {
  const { runId } = await startRun(fixture.deps, chooseTables(ids), nobody);
  await fixture.runEnded(runId);
  return runId;
}

const stillFailed = async () =>
  (await describeHome(fixture.deps)).failedRecently.map(({ id }) => id);

test("a failed run needs attention until all that did not succeed in it has, or is deleted", async () => {
  const ids = await insertCatalog(fixture.db, [
    { name: "bad" },
    { name: "child", parents: ["bad"] },
    { name: "other" },
  ]);
  const idOf = (name: string) => ids.get(name) ?? 0;
  const failing = new Set(["d.bad", "d.other"]);
  fixture.warehouse.outcome = ({ table }) =>
    failing.has(table) ? { reason: "invalidQuery", message: "bad" } : null;
  fixture.start();
  const first = await run(ids.values());
  const second = await run([idOf("bad")]);
  expect(await stillFailed()).toEqual([second, first]);

  failing.delete("d.bad");
  await run([idOf("bad")]);
  // Of the first, the skipped child and the other table have not succeeded.
  expect(await stillFailed()).toEqual([first]);
  await run([idOf("child")]);
  expect(await stillFailed()).toEqual([first]);
  await fixture.db
    .update(tables)
    .set({ deletedAt: new Date() })
    .where(eq(tables.id, idOf("other")));
  expect(await stillFailed()).toEqual([]);
});
