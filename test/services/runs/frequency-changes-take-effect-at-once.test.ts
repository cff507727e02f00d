import { afterEach, beforeEach, expect, test } from "vitest";
import { frequencies } from "../../../drizzle/schema/frequencies.ts";
import { runs } from "../../../drizzle/schema/runs.ts";
import { startTicker } from "../../../server/daemon/ticker.ts";
import {
  createFrequency,
  updateFrequency,
} from "../../../server/services/frequencies/save-frequency.ts";
import { type FrequencyInput, frequencyInputSchema } from "../../../shared/frequency.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { nobody } from "../../support/choose-tables.ts";
import { createEngineDeps } from "../../support/engine-deps.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { until } from "../../support/until.ts";
import { lookAt } from "./look-at.ts";

let fixture: EngineFixture;
beforeEach(async () => {
  fixture = await openEngineFixture();
});
afterEach(() => fixture.close());

const input = frequencyInputSchema.parse({ name: "hourly", periodSeconds: 3_600 });
const hourMs = 3_600_000;
const minutes = (count: number, from = new Date()) => new Date(from.getTime() + count * 60_000);
const recorded = async () =>
  (await fixture.db.select().from(runs).orderBy(runs.id)).map(({ tickAt }) => tickAt!);

/** An hourly frequency with a table that ticked last a minute ago, and has been there for long. */
async function anOldFrequency(): Promise<{ id: number; input: FrequencyInput; tick: Date }> {
  const tick = minutes(-1);
  tick.setUTCMilliseconds(0);
  const offsetSeconds = (tick.getTime() % hourMs) / 1000;
  const old = { ...input, offsetSeconds };
  const { id } = await createFrequency(fixture.deps, old, nobody);
  await insertCatalog(fixture.db, [{ name: "a", frequencyId: id }]);
  await fixture.db.update(frequencies).set({ effectiveFrom: new Date(0) });
  return { id, input: old, tick };
}

const change = (id: number, values: FrequencyInput) =>
  updateFrequency(fixture.deps, { id, ...values }, nobody);

test("a new frequency ticks first at the first tick after now", async () => {
  const { tick } = await anOldFrequency();
  await fixture.db.update(frequencies).set({ effectiveFrom: new Date() });
  await lookAt(fixture.deps, new Date());
  expect(await recorded()).toEqual([]);
  await lookAt(fixture.deps, minutes(61));
  expect(await recorded()).toEqual([minutes(60, tick)]);
});

test("a name, a note of how long to wait, or nothing at all, changes no schedule: what was missed is caught up", async () => {
  const { id, input, tick } = await anOldFrequency();
  await change(id, { ...input, name: "another" });
  await change(id, { ...input, parentWaitSeconds: 60 });
  await change(id, input);
  await lookAt(fixture.deps, new Date());
  expect(await recorded()).toEqual([tick]);
});

test.each<[string, Partial<FrequencyInput>[]]>([
  ["another period", [{ periodSeconds: 1_800 }]],
  ["another offset, though its last tick is the same", [{ offsetSeconds: -3_600 }]],
  ["another zone", [{ timeZone: "Europe/Berlin" }]],
  ["off and on again", [{ active: false }, { active: true }]],
])("%s makes no old tick a missed one", async (_, changes) => {
  const { id, input, tick } = await anOldFrequency();
  for (const values of changes) {
    const offsetSeconds = input.offsetSeconds + (values.offsetSeconds ?? 0);
    await change(id, { ...input, ...values, offsetSeconds });
  }
  await lookAt(fixture.deps, new Date());
  expect(await recorded()).toEqual([]);
  await lookAt(fixture.deps, minutes(61));
  expect(await recorded()).toEqual([minutes(60, tick)]);
});

test("a table put on a frequency that had none starts with the next tick", async () => {
  const { id } = await createFrequency(fixture.deps, input, nobody);
  await fixture.db.update(frequencies).set({ effectiveFrom: new Date(0) });
  await lookAt(fixture.deps, "2026-03-05T10:00:00Z");
  await insertCatalog(fixture.db, [{ name: "a", frequencyId: id }]);
  await lookAt(fixture.deps, "2026-03-05T10:30:00Z");
  expect(await recorded()).toEqual([]);
  await lookAt(fixture.deps, "2026-03-05T11:00:00Z");
  expect(await recorded()).toEqual([new Date("2026-03-05T11:00:00Z")]);
});

test("a change made by one process is another's at once: it is told, and ticks by it without a restart", async () => {
  const { warehouse } = fixture.deps;
  const { connectionString } = fixture;
  const other = createEngineDeps({ connectionString, warehouse });
  const told: (number | null)[] = [];
  other.changes.subscribe(({ noun, id }) => {
    if (noun === "frequency") told.push(id);
  });
  let now = new Date("2099-01-01T00:05:30Z");
  let looks = 0;
  const ticker = startTicker({
    ...other,
    now: () => {
      looks += 1;
      return now;
    },
  });
  try {
    const daily = { ...input, periodSeconds: 86_400 };
    const { id } = await createFrequency(fixture.deps, { ...daily, active: false }, nobody);
    await insertCatalog(fixture.db, [{ name: "a", frequencyId: id }]);
    await change(id, daily);
    await until("the daily tick", async () => (await recorded()).length === 1);

    told.length = 0;
    await change(id, { ...daily, periodSeconds: 60 });
    await until("the other process is told", () => told.includes(id));
    await until("a tick by the new period", async () => (await recorded()).length === 2);

    await change(id, { ...daily, periodSeconds: 60, active: false });
    now = new Date("2099-01-01T00:09:30Z");
    const before = looks;
    await until("two more looks", () => looks > before + 2);
    await change(id, { ...daily, periodSeconds: 60, active: true });
    await until("a tick after it is on again", async () => (await recorded()).length === 3);
    expect(await recorded()).toEqual([
      new Date("2099-01-01T00:00:00Z"),
      new Date("2099-01-01T00:05:00Z"),
      new Date("2099-01-01T00:09:00Z"),
    ]);
  } finally {
    await ticker.stop();
    await other.close();
  }
});
