import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { planTable } from "../../../server/services/catalog/plan-table.ts";
import { removeTable } from "../../../server/services/catalog/remove-table.ts";
import { createTable, updateTable } from "../../../server/services/catalog/save-table.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../../shared/table.ts";
import { createTestDeps, type TestDeps } from "../../api/support.ts";

const actor = { userId: null, name: "test" };
let context: TestDeps;
let dataset: string;
let counter = 0;

beforeAll(async () => {
  context = await createTestDeps();
  context.answer(async () => ({}));
});

afterAll(() => context.close());

beforeEach(() => {
  counter += 1;
  dataset = `d${counter}`;
});

function define(name: string, reads: string[], more: Partial<TableDefinitionInput> = {}) {
  const query = reads.length === 0 ? "select 1 as x" : `select * from ${reads.join(", ")}`;
  return { dataset, name, kind: "summary", query, ...more } as const;
}

function save(name: string, ...reads: string[]) {
  return createTable(context.deps, define(name, reads), actor);
}

function update(id: number, definition: TableDefinitionInput) {
  return updateTable(context.deps, { id, version: 1, definition }, actor);
}

test("a cycle is refused with its path, and nothing of the save stays", async () => {
  const a = await save("a");
  await save("b", "a");
  await save("c", "b");
  await expect(update(a.id, define("a", ["c"]))).rejects.toMatchObject({
    code: "cycle",
    message: expect.stringContaining(`${dataset}.a → ${dataset}.b → ${dataset}.c → ${dataset}.a`),
  });
  const { rows } = await context.deps.db.execute(
    sql`select version, query from tables where id = ${a.id}`,
  );
  expect(rows).toEqual([{ version: 1, query: "select 1 as x" }]);
});

test("a new table can close a cycle by its name", async () => {
  await save("reader", "missing");
  await save("next", "reader");
  await expect(save("missing", "next")).rejects.toMatchObject({ code: "cycle" });
});

test("and through a wildcard that reads it", async () => {
  await save("all_events", `\`${dataset}.events_*\``);
  await expect(save("events_1", "all_events")).rejects.toMatchObject({ code: "cycle" });
});

test("a table that reads itself is no cycle, by name or wildcard", async () => {
  await save("own", "own");
  await save("events_all", `\`${dataset}.events_*\``);
});

test("an ignored parent closes nothing", async () => {
  const a = await save("a");
  await save("b", "a");
  const ignoring = define("a", ["b"], { ignoredParents: [`${dataset}.b`] });
  expect((await update(a.id, ignoring)).version).toBe(2);
});

test("of two saves that close a cycle together, one is refused", async () => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b] = [`a${round}`, `b${round}`];
    const first = await save(a);
    const second = await save(b);
    const outcomes = await Promise.allSettled([
      update(first.id, define(a, [b])),
      update(second.id, define(b, [a])),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "cycle" });
  }
});

test("a plan names the cycle, the new and the dropped parents, and saves nothing", async () => {
  const a = await save("a");
  await save("b", "a");
  await save("old");
  const c = await save("c", "b", "old");
  const plan = (name: string, reads: string[], id: number | null) =>
    planTable(context.deps, tableDefinitionSchema.parse(define(name, reads)), id);
  expect((await plan("a", ["c"], a.id)).cycle).toEqual(
    ["a", "b", "c", "a"].map((name) => `${dataset}.${name}`),
  );
  expect(await plan("c", ["b", "a"], c.id)).toMatchObject({
    cycle: null,
    newParents: [`${dataset}.a`],
    droppedParents: [`${dataset}.old`],
  });
  expect(await plan("fresh", ["a"], null)).toMatchObject({
    cycle: null,
    newParents: [`${dataset}.a`],
  });
});

test("a plan of a rename looks at those who read the new name, and no more at the old", async () => {
  const a = await save("a");
  await save("b", "a");
  await save("c", "z", "b");
  const plan = (name: string, reads: string[]) =>
    planTable(context.deps, tableDefinitionSchema.parse(define(name, reads)), a.id);
  expect(await plan("y", ["b"])).toMatchObject({
    cycle: null,
    broken: [{ name: `${dataset}.b` }],
    newReaders: [],
  });
  expect((await plan("z", ["c"])).cycle).toEqual(
    ["z", "c", "z"].map((name) => `${dataset}.${name}`),
  );
  expect((await plan("z", [])).newReaders).toEqual([`${dataset}.c`]);
});

test("a table that others read by name is not removed; one that a wildcard matches is", async () => {
  const a = await save("a");
  const b = await save("b", "a");
  await expect(removeTable(context.deps, a.id, actor)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(`${dataset}.b`),
  });
  await removeTable(context.deps, b.id, actor);
  await removeTable(context.deps, a.id, actor);
  const shard = await save("shard_1");
  await save("all_shards", `\`${dataset}.shard_*\``);
  await removeTable(context.deps, shard.id, actor);
  await expect(removeTable(context.deps, shard.id, actor)).rejects.toMatchObject({
    code: "notFound",
  });
  // The name is free again.
  await save("shard_1");
});
