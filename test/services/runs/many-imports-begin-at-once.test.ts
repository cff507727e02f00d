import { afterEach, beforeEach, expect, test } from "vitest";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { insertSource } from "../../flows/played-people.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

test("thousands of imports are queued in one statement, the most depended-on first", async () => {
  const importDatabaseId = await insertSource(fixture.deps);
  const asImport = { kind: "import" as const, importDatabaseId, importTable: "t" };
  const count = 3_000;
  const ids = await insertCatalog(fixture.db, [
    ...Array.from({ length: count }, (_, index) => ({ name: `import_${index}`, ...asImport })),
    { name: "child", parents: [`import_${count - 1}`] },
  ]);
  await fixture.deps.pool.query(`
    create table statements (at timestamptz);
    create function count_statement() returns trigger language plpgsql as
      'begin insert into statements values (clock_timestamp()); return null; end';
    create trigger counted after insert on transfers execute function count_statement()`);
  await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  fixture.start({ ticks: false });
  const queued = async () =>
    (await fixture.deps.pool.query("select table_id::int from transfers order by id")).rows;
  await until("all are queued", async () => (await queued()).length === count);
  expect((await queued())[0]?.table_id).toBe(ids.get(`import_${count - 1}`));

  const { rows } = await fixture.deps.pool.query("select from statements");
  expect(rows).toHaveLength(1);
});
