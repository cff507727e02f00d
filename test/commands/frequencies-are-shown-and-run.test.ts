import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { frequencies } from "../../drizzle/schema/frequencies.ts";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import type { FrequencyView } from "../../shared/frequency.ts";
import { startTestServer, type TestServer } from "../api/support.ts";
import { insertCatalog, insertFrequency } from "../support/catalog.ts";
import { type EngineFixture, openEngineFixture } from "../support/engine-fixture.ts";
import { createCommandLine, type RunCommandLine } from "./support.ts";

const now = new Date("2026-03-07T12:00:00Z");
const hourly = "every hour";
const nightly = "New York, 02:30";

let fixture: EngineFixture;
let server: TestServer;
let maestro: RunCommandLine;
let ids: { hourly: number; nightly: number };

beforeAll(async () => {
  fixture = await openEngineFixture();
  const deps = { ...fixture.deps, now: () => now };
  server = await startTestServer(deps);
  const run = createCommandLine(deps);
  const token = (await run(["token"])).trim();
  maestro = (args) => run(args, { MAESTRO_URL: server.url, MAESTRO_TOKEN: token });
  expect(await maestro(["frequencies", "list", "--json"])).toBe("[]\n");
  await expect(maestro(["frequencies", "show", "x"])).rejects.toThrow(
    "there is no frequency x; there are none yet: make one first",
  );
  const effectiveFrom = new Date(0);
  ids = {
    hourly: await insertFrequency(fixture.db, {
      name: hourly,
      periodSeconds: 3_600,
      effectiveFrom,
    }),
    nightly: await insertFrequency(fixture.db, {
      name: nightly,
      offsetSeconds: 9_000,
      timeZone: "America/New_York",
      parentWaitSeconds: 600,
      effectiveFrom,
    }),
  };
  await insertCatalog(fixture.db, [
    { name: "a", frequencyId: ids.hourly },
    { name: "b", parents: ["a"], frequencyId: ids.hourly, conditions: [{ hours: [5] }] },
  ]);
});

afterAll(async () => {
  await server.close();
  await fixture.close();
});

async function listed(name: string): Promise<FrequencyView> {
  const all: FrequencyView[] = JSON.parse(await maestro(["frequencies", "list", "--json"]));
  return all.find((one) => one.name === name)!;
}

test("the list has a line for each, with its schedule and its next tick", async () => {
  const lines = (await maestro(["frequencies", "list"])).split("\n");
  expect(lines[0]).toMatch(/^NAME +PERIOD +OFFSET +ZONE +ACTIVE +TABLES +LAST TICK \(UTC\)/);
  expect(lines[1]).toMatch(
    /^every hour +every hour +none +UTC +yes +2 +– +2026-03-07 13:00:00 +–$/,
  );
  expect(lines[2]).toMatch(
    /^New York, 02:30 +every day +\+2 h 30 min +America\/New_York +yes +0 +– +2026-03-08 07:30:00 +–$/,
  );
});

test("one is shown with its next ticks on its zone's clock, through the jump", async () => {
  expect(await maestro(["frequencies", "show", nightly])).toBe(
    [
      "New York, 02:30  every day, offset +2 h 30 min, America/New_York",
      "tables       0",
      "waits        up to 10 min 0 s for parents of other frequencies",
      "late         a run that takes twice as long as usual, or has not ended at the next tick",
      "last tick    none yet",
      "unfinished   none",
      "next ticks   2026-03-08 07:30:00 UTC, 2026-03-08 03:30:00 America/New_York",
      "             2026-03-09 06:30:00 UTC, 2026-03-09 02:30:00 America/New_York",
      "             2026-03-10 06:30:00 UTC, 2026-03-10 02:30:00 America/New_York",
      "",
    ].join("\n"),
  );
});

test("the last tick and the unfinished run are shown, and an overlap with its reason", async () => {
  await assembleRun(fixture.deps, ids.hourly, new Date("2026-03-07T10:00:00Z"));
  await assembleRun(fixture.deps, ids.hourly, new Date("2026-03-07T11:00:00Z"));
  expect(await listed(hourly)).toMatchObject({
    lastTick: { tickAt: "2026-03-07T11:00:00.000Z", runId: 2, state: "skipped" },
    unfinishedRun: { id: 1 },
    nextTicks: ["2026-03-07T13:00:00.000Z", "2026-03-07T14:00:00.000Z", "2026-03-07T15:00:00.000Z"],
  });
  const shown = await maestro(["frequencies", "show", hourly]);
  expect(shown).toContain(
    "last tick    2026-03-07 11:00:00 UTC, run 2 skipped: run 1 of this frequency had not ended",
  );
  expect(shown).toMatch(/\nunfinished {3}run 1, begun 20/);
  expect(await maestro(["frequencies", "list"])).toMatch(
    /2026-03-07 11:00:00 skipped +2026-03-07 13:00:00 +run 1\n/,
  );
  await expect(maestro(["run", "--frequency", hourly])).rejects.toThrow(
    "run 1 of the frequency every hour has not ended: wait for it, or cancel it",
  );
  fixture.start({ ticks: false });
  await fixture.runEnded(1);
});

test("ticks that were missed show at the run that makes up for them", async () => {
  const name = "every second hour";
  const effectiveFrom = new Date("2026-03-07T01:00:00Z");
  const id = await insertFrequency(fixture.db, { name, periodSeconds: 7_200, effectiveFrom });
  await insertCatalog(fixture.db, [{ name: "late", frequencyId: id }]);
  await assembleRun(fixture.deps, id, new Date("2026-03-07T08:00:00Z"));
  await fixture.runEnded(3);
  const text = "3 ticks, from 2026-03-07 02:00 UTC to 2026-03-07 06:00 UTC, were missed before it";
  expect(await maestro(["frequencies", "show", name])).toContain(`run 3 succeeded (${text})`);
  expect(await maestro(["runs", "list", "--limit", "1"])).toContain(text);
  expect(await maestro(["runs", "show", "3"])).toContain(`${text}s tick\n`);
});

test("one is run by hand, whatever its conditions say, and followed to its end", async () => {
  const output = await maestro(["run", "--frequency", hourly, "--wait"]);
  expect(output).toContain("✓ d.a");
  expect(output).toContain("✓ d.b");
  expect(output).toMatch(/run 4 succeeded: 2 tables/);
  // It is no tick: the last one stays what it was.
  expect(await listed(hourly)).toMatchObject({ lastTick: { runId: 2 }, unfinishedRun: null });
});

test("one that is switched off has no next ticks, and runs by hand all the same", async () => {
  await fixture.db.update(frequencies).set({ active: false }).where(eq(frequencies.id, ids.hourly));
  expect(await maestro(["frequencies", "show", hourly])).toMatch(
    /^every hour {2}every hour, UTC, switched off\n[\s\S]*next ticks {3}none: it is switched off\n$/,
  );
  expect(await maestro(["run", "--frequency", hourly, "--wait"])).toMatch(/run 5 succeeded/);
});

test.each([
  [
    ["frequencies", "show", "x"],
    "there is no frequency x; there are every hour, every second hour",
  ],
  [["run", "--frequency", "x"], "there is no frequency x; there are every hour"],
  [["run", "--frequency", nightly], "the frequency New York, 02:30 has no tables"],
  [["run", "--frequency", ""], "a frequency needs a name"],
  [["run"], "name what to run: tables as dataset.name, or --frequency and its name"],
  [["run", "d.a", "--frequency", hourly], "--frequency runs its own tables: start it without d.a"],
  [["run", "--frequency", hourly, "--with-ancestors"], "--with-ancestors goes with named tables"],
])("%j is refused in a sentence", async (args, message) => {
  await expect(maestro(args)).rejects.toThrow(message);
});
