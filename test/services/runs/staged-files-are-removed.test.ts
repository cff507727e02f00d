import { afterEach, beforeEach, expect, test } from "vitest";
import { cleanStaged } from "../../../server/services/runs/clean-staged.ts";
import { deliverUpload } from "../../../server/services/runs/deliver-upload.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { MaestroError } from "../../../shared/errors.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";

let fixture: EngineFixture;
let locked: Set<string>;
beforeEach(async () => {
  fixture = await openEngineFixture();
  locked = new Set();
  const { remove } = fixture.deps.objectStore;
  fixture.deps.objectStore.remove = (names) => {
    const held = names.find((name) => locked.has(name));
    if (held === undefined) return remove(names);
    return Promise.reject(new MaestroError("storage", `could not delete ${held}: a hold`));
  };
});
afterEach(() => fixture.close());

const left = () => [...fixture.deps.objects.keys()].sort();

test("a file that cannot be removed keeps no other, and is removed once it can be", async () => {
  const names = ["a", "b", "c"];
  const ids = await insertCatalog(
    fixture.db,
    names.map((name) => ({ name, kind: "external" as const })),
  );
  locked.add("uploads/a/1.csv");
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  for (const [name, { id }] of await fixture.tableRunsOf(runId)) {
    const files = [1, 2].map((number) => `uploads/${name}/${number}.csv`);
    for (const file of files) fixture.deps.objects.set(file, 3);
    await deliverUpload(fixture.deps, id, files);
  }
  fixture.start({ ticks: false });
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  await until("the others are gone", () => left().length === 1);
  expect(left()).toEqual(["uploads/a/1.csv"]);

  locked.clear();
  const cleaned = await cleanStaged(fixture.deps, new AbortController().signal, 0);
  expect(cleaned).toMatchObject({ isEnd: true, hasLeft: false });
  expect(left()).toEqual([]);
  const rows = [...(await fixture.tableRunsOf(runId)).values()];
  expect(rows.flatMap(({ stagedObjects }) => stagedObjects)).toEqual([]);
});
