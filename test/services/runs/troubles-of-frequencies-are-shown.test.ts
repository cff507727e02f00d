import { afterEach, beforeEach, expect, test } from "vitest";
import { runs } from "../../../drizzle/schema/runs.ts";
import { listFrequencies } from "../../../server/services/frequencies/list-frequencies.ts";
import { describeHome } from "../../../server/services/system/describe-home.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

/** Has PostgreSQL refuse the table runs of one table, as it would one that it cannot store. */
async function refuse(tableId: number) {
  await fixture.deps.pool.query(`
    create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'no room for this table run'; end $$;
    create trigger refused before insert on table_runs for each row
      when (new.table_id = ${tableId}) execute function refuse()`);
}

const troubles = async () =>
  (await listFrequencies(fixture.deps)).map(({ name, trouble }) => [name, trouble?.text ?? null]);

test("a frequency of whose tick no run can be made says why, until one can", async () => {
  const hourly = { periodSeconds: 3_600, effectiveFrom: new Date(0) };
  const bad = await insertFrequency(fixture.db, { name: "bad", ...hourly });
  const good = await insertFrequency(fixture.db, { name: "good", ...hourly });
  const ids = await insertCatalog(fixture.db, [
    { name: "a", frequencyId: bad },
    { name: "b", frequencyId: good },
  ]);
  await refuse(ids.get("a")!);
  const at = "2026-03-05T10:00:10Z";
  await lookAt(fixture.deps, at);
  expect(await troubles()).toEqual([
    ["bad", "no room for this table run"],
    ["good", null],
  ]);
  const now = () => new Date(at);
  expect((await describeHome({ ...fixture.deps, now })).late).toEqual([
    {
      frequencyId: bad,
      name: "bad",
      tickAt: "2026-03-05T10:00:00.000Z",
      trouble: "no room for this table run",
    },
  ]);

  await fixture.deps.pool.query("drop trigger refused on table_runs");
  await lookAt(fixture.deps, at);
  expect(await troubles()).toEqual([
    ["bad", null],
    ["good", null],
  ]);
  expect(await fixture.db.$count(runs)).toBe(2);
});
