import { afterAll, beforeAll, expect, test } from "vitest";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import { insertCatalog } from "../support/catalog.ts";
import {
  adminToken,
  call,
  createTestDeps,
  startTestServer,
  type TestDeps,
  type TestServer,
} from "./support.ts";

let context: TestDeps;
let server: TestServer;
let headers: Record<string, string>;

const now = new Date("2026-03-07T12:00:00Z");
const daily = { periodSeconds: 86_400, offsetSeconds: 9_000, timeZone: "America/New_York" };

beforeAll(async () => {
  context = await createTestDeps();
  const deps = { ...context.deps, now: () => now };
  server = await startTestServer(deps);
  headers = { "x-api-token": await adminToken(context.deps) };
});

afterAll(async () => {
  await server.close();
  await context.close();
});

async function ask<T>(path: string, input?: unknown): Promise<T> {
  const { body } = await call(server, path, input, { headers });
  if (body.error) throw new Error(body.error.message);
  return body.result?.data as T;
}

async function change(path: string, input: unknown) {
  const { body } = await call(server, path, input, { method: "POST", headers });
  return body.error ? [body.error.data?.field, body.error.message] : body.result?.data;
}

test("a schedule shows its next ticks before it is saved, through a change of the clocks", async () => {
  expect(await ask("frequencies.preview", daily)).toEqual({
    nextTicks: [
      "2026-03-08T07:30:00.000Z",
      "2026-03-09T06:30:00.000Z",
      "2026-03-10T06:30:00.000Z",
      "2026-03-11T06:30:00.000Z",
      "2026-03-12T06:30:00.000Z",
    ],
    searchedUntil: null,
  });
});

test("with conditions, only the ticks in which a table with them takes part", async () => {
  const sundays = [{ weekdays: [0], months: [3] }];
  const preview = await ask<{ nextTicks: string[] }>("frequencies.preview", {
    ...daily,
    conditions: sundays,
  });
  expect(preview.nextTicks.slice(0, 3)).toEqual([
    "2026-03-08T07:30:00.000Z",
    "2026-03-15T06:30:00.000Z",
    "2026-03-22T06:30:00.000Z",
  ]);
  const never = { ...daily, conditions: [{ hours: [5] }] };
  expect(await ask("frequencies.preview", never)).toEqual({
    nextTicks: [],
    searchedUntil: expect.stringMatching(/^2037-/),
  });
});

test("the list shows next ticks, the tables and the last run of each", async () => {
  const made = await change("frequencies.create", { name: "nightly", ...daily });
  const { id } = made as { id: number };
  const [before] = await ask<unknown[]>("frequencies.list");
  expect(before).toMatchObject({ name: "nightly", tableCount: 0, lastRun: null });
  await insertCatalog(context.deps.db, [{ name: "a", frequencyId: id }]);
  await context.deps.pool.query("update frequencies set effective_from = 'epoch'");
  await assembleRun(context.deps, id, new Date("2026-03-07T07:30:00Z"));
  const [after] = await ask<unknown[]>("frequencies.list");
  expect(after).toMatchObject({
    tableCount: 1,
    lastRun: { state: "running" },
    nextTicks: ["2026-03-08T07:30:00.000Z", "2026-03-09T06:30:00.000Z", "2026-03-10T06:30:00.000Z"],
  });
  await change("frequencies.update", { id, name: "nightly", ...daily, active: false });
  const [paused] = await ask<unknown[]>("frequencies.list");
  expect(paused).toMatchObject({ active: false, nextTicks: [] });
});

test.each([
  ["periodSeconds", { periodSeconds: 0 }, "from 1 to 31622400 (366 days), and 0 is not"],
  ["periodSeconds", { periodSeconds: 1.5 }, "and 1.5 is not"],
  ["periodSeconds", { periodSeconds: "60" }, 'and "60" is not'],
  ["periodSeconds", { periodSeconds: null }, "and null is not"],
  ["periodSeconds", { periodSeconds: undefined }, "none was given"],
  ["periodSeconds", { periodSeconds: 1e300 }, "and 1e+300 is not"],
  ["offsetSeconds", { offsetSeconds: -31_622_401 }, "from -31622400 to 31622400"],
  ["offsetSeconds", { offsetSeconds: 0.25 }, "and 0.25 is not"],
  [
    "timeZone",
    { timeZone: "Nowhere/Land" },
    "Nowhere/Land is no IANA time zone: try Europe/Berlin",
  ],
  ["parentWaitSeconds", { parentWaitSeconds: 0 }, "the wait for parents is a whole number"],
  ["name", { name: "nightly" }, "there is a frequency called nightly already"],
])("%s: %o is refused, naming the field and the remedy", async (field, wrong, message) => {
  const answer = await change("frequencies.create", { name: "another", ...daily, ...wrong });
  expect(answer).toEqual([field, expect.stringContaining(message)]);
});

test("conditions that can never hold are refused on save", async () => {
  const definition = { dataset: "d", name: "never", kind: "summary", query: "select 1 as x" };
  const conditions = [{ months: [2], days: [30, 31] }];
  expect(await change("tables.create", { definition: { ...definition, conditions } })).toEqual([
    "conditions.0.days",
    "conditions.0.days: no day 30 or 31 in month 2, so it would never hold: choose other days or months",
  ]);
});
