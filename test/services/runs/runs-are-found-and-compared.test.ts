import { afterAll, beforeAll, expect, test } from "vitest";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { users } from "../../../drizzle/schema/users.ts";
import { createDbClient, type DbClient } from "../../../server/db/client.ts";
import { compareWithBefore } from "../../../server/services/runs/compare-with-before.ts";
import { listRuns } from "../../../server/services/runs/list-runs.ts";
import type { RunFilter } from "../../../shared/run-filter.ts";
import { tableDefinitionSchema } from "../../../shared/table.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { createTestDatabase, type TestDatabase } from "../../support/database.ts";

let database: TestDatabase;
let client: DbClient;
let ids: Map<string, number>;
/** In the order of their making, by name. */
const made = new Map<string, number>();

beforeAll(async () => {
  database = await createTestDatabase();
  const { connectionString } = database;
  client = createDbClient({ connectionString, poolSize: 2, applicationName: "test" });
  ids = await insertCatalog(client.db, [{ name: "a" }, { name: "b" }, { name: "c" }]);
  const hourly = await insertFrequency(client.db, { name: "hourly" });
  const [ana] = await client.db.insert(users).values({ email: "Ana@test" }).returning();
  await insertRun("tick 1", { kind: "tick", frequencyId: hourly, tickAt: at(1) }, ["a", "b"]);
  await insertRun("skipped", {
    kind: "tick",
    frequencyId: hourly,
    tickAt: at(2),
    state: "skipped",
  });
  await insertRun("by ana", { kind: "manual", startedBy: ana!.id, request: asked(["d.a"]) }, ["a"]);
  await insertRun("other", { kind: "manual", request: asked(["d.a", "d.b"]) }, ["a", "b"]);
  await insertRun("tick 3", { kind: "tick", frequencyId: hourly, tickAt: at(3) }, ["a", "c"]);
  await insertRun("again", { kind: "manual", startedBy: ana!.id, request: asked(["d.a"]) }, ["a"]);
});
afterAll(async () => {
  await client.close();
  await database.drop();
});

const at = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour));

function asked(tables: string[]) {
  const closed = { withAncestors: false, withDescendants: false };
  return { cause: "start" as const, tables, tableCount: tables.length, ...closed };
}

async function insertRun(
  name: string,
  values: Pick<typeof runs.$inferInsert, "kind"> & Partial<typeof runs.$inferInsert>,
  tables: string[] = [],
): Promise<void> {
  const hour = at(made.size + 1);
  const [run] = await client.db
    .insert(runs)
    .values({ state: "succeeded", createdAt: hour, endedAt: hour, ...values })
    .returning({ id: runs.id });
  made.set(name, run!.id);
  for (const table of tables) {
    await client.db.insert(tableRuns).values({
      runId: run!.id,
      tableId: ids.get(table)!,
      definition: tableDefinitionSchema.parse({
        dataset: "d",
        name: table,
        kind: "summary",
        query: "select 1",
      }),
      state: "succeeded",
      startedAt: hour,
      endedAt: hour,
    });
  }
}

async function found(filter: RunFilter & { limit?: number; beforeId?: number }) {
  const rows = await listRuns(client, { limit: 50, ...filter });
  return rows.map(({ id }) => [...made].find(([, one]) => one === id)?.[0]);
}

test("runs are found by who or what started them, a table, a time, and a page", async () => {
  expect(await found({ startedBy: "ana@" })).toEqual(["again", "by ana"]);
  expect(await found({ kind: "tick" })).toEqual(["tick 3", "skipped", "tick 1"]);
  expect(await found({ kind: "tick", state: "skipped" })).toEqual(["skipped"]);
  expect(await found({ table: "d.b" })).toEqual(["other", "tick 1"]);
  expect(await found({ table: "d.nothing" })).toEqual([]);
  const [from, to] = [at(2).toISOString(), at(4).toISOString()];
  expect(await found({ from, to })).toEqual(["by ana", "skipped"]);
  const page = { limit: 2, beforeId: made.get("tick 3")! };
  expect(await found(page)).toEqual(["other", "by ana"]);
});

test("a run is compared with the last one of its frequency that ran something", async () => {
  const { before, tables } = await compareWithBefore(client, made.get("tick 3")!);
  expect(before?.id).toBe(made.get("tick 1"));
  expect(tables.map(({ tableName, changes }) => [tableName, ...changes])).toEqual([
    ["d.b", "gone"],
    ["d.c", "new"],
    ["d.a"],
  ]);
});

test("a run by hand is compared with the last one that was asked for the same, or with any", async () => {
  const again = made.get("again")!;
  expect((await compareWithBefore(client, again)).before?.id).toBe(made.get("by ana"));
  const other = await compareWithBefore(client, again, made.get("other"));
  expect(other.before?.id).toBe(made.get("other"));
  const first = await compareWithBefore(client, made.get("by ana")!);
  expect(first).toMatchObject({ before: null, tables: [] });
  await expect(compareWithBefore(client, again, 999_999)).rejects.toThrow("there is no run 999999");
});
