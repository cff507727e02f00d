import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SignedIn } from "../../../server/services/access/principal.ts";
import { getTable } from "../../../server/services/catalog/get-table.ts";
import { createTable, updateTable } from "../../../server/services/catalog/save-table.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { createTestDeps, type TestDeps } from "../../api/support.ts";

const actor = { userId: null, name: "test" };
const reader: SignedIn = {
  kind: "session",
  user: { id: 1, email: "a@b", name: "", isAdmin: true, groups: [] },
};

let context: TestDeps;
let dataset: string;
let counter = 0;

beforeAll(async () => {
  context = await createTestDeps();
});

afterAll(() => context.close());

beforeEach(() => {
  counter += 1;
  dataset = `d${counter}`;
  context.answer(async () => {
    throw new MaestroError("warehouse", "the warehouse is away");
  });
});

async function save(
  name: string,
  query = "select 1 as one",
  more: Partial<TableDefinitionInput> = {},
) {
  return createTable(context.deps, { dataset, name, kind: "summary", query, ...more }, actor);
}

async function detail(id: number) {
  return getTable(context.deps, id, reader);
}

async function parentsOf(id: number): Promise<string[]> {
  const { parents } = await detail(id);
  return parents.filter((parent) => !parent.ignored).map((parent) => parent.name);
}

test("names match with and without the dataset and our project; another project's do not", async () => {
  await save("a");
  await save("b");
  await save("c");
  const { id } = await save(
    "reads",
    `select * from a join ${dataset}.b using (x) join \`our-project.${dataset}.c\` using (x)`,
  );
  expect(await parentsOf(id)).toEqual([`${dataset}.a`, `${dataset}.b`, `${dataset}.c`]);
  const foreign = await save("foreign", `select * from \`their-project.${dataset}.a\``);
  expect(await parentsOf(foreign.id)).toEqual([]);
});

test("only catalogued tables are parents, and one catalogued later becomes one by itself", async () => {
  const { id } = await save("reads", `select * from ${dataset}.late`);
  expect(await parentsOf(id)).toEqual([]);
  const late = await save("late");
  expect(await parentsOf(id)).toEqual([`${dataset}.late`]);
  expect((await detail(late.id)).children).toEqual([{ id, name: `${dataset}.reads` }]);
});

test("a wildcard stands for all that match, also those catalogued later", async () => {
  await save("events_1");
  await save("event");
  const { id } = await save("reads", `select * from \`${dataset}.events_*\``);
  await save("events_2");
  expect(await parentsOf(id)).toEqual([`${dataset}.events_1`, `${dataset}.events_2`]);
});

test("an underscore of a wildcard is no wildcard itself", async () => {
  await save("ab1");
  const { id } = await save("reads", `select * from \`${dataset}.a_*\``);
  expect(await parentsOf(id)).toEqual([]);
});

test("extra parents count, ignored ones do not, also within a wildcard", async () => {
  for (const name of ["shown", "hidden", "w_1", "w_2"]) await save(name);
  const { id } = await save("reads", `select * from ${dataset}.shown, \`${dataset}.w_*\``, {
    extraParents: [`${dataset}.hidden`],
    ignoredParents: [`${dataset}.shown`, `${dataset}.w_2`],
  });
  expect(await parentsOf(id)).toEqual([`${dataset}.hidden`, `${dataset}.w_1`]);
  const { references, parentCount } = await detail(id);
  expect(parentCount).toBe(2);
  expect(references.find(({ name }) => name === `${dataset}.hidden`)?.foundBy).toEqual(["manual"]);
  expect(references.find(({ name }) => name === `${dataset}.shown`)?.ignored).toBe(true);
});

test("a dry run adds what the SQL does not show, and the disagreement is kept", async () => {
  await save("beneath");
  context.answer(async () => ({
    referencedTables: [`our-project.${dataset}.a_view`, `our-project.${dataset}.beneath`],
  }));
  const { id, warnings } = await save("reads", "select * from a_view");
  expect(await parentsOf(id)).toEqual([`${dataset}.beneath`]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("beneath");
  expect((await detail(id)).warnings).toEqual(warnings);
});

test("a warehouse that is away, refuses or does not answer does not hold a save", async () => {
  expect((await save("away")).warnings.join()).toContain("the warehouse is away");
  context.answer(async () => {
    throw new MaestroError("invalidSql", "Table not found: nowhere.x");
  });
  const refused = await save("refused", "select * from nowhere.x");
  expect(refused.warnings.join()).toContain("Table not found: nowhere.x");
  context.answer(() => new Promise(() => undefined));
  expect((await save("slow")).warnings.join()).toMatch(/took longer/);
});

test("saving again replaces the references", async () => {
  await save("a");
  await save("b");
  const { id, version } = await save("reads", `select * from ${dataset}.a`);
  const query = `select * from ${dataset}.b`;
  const definition = { dataset, name: "reads", kind: "summary", query } as const;
  const saved = await updateTable(context.deps, { id, version, definition }, actor);
  expect(saved.version).toBe(2);
  expect(await parentsOf(id)).toEqual([`${dataset}.b`]);
});

test("a rename says who still reads the old name", async () => {
  const { id } = await save("old");
  await save("reader", `select * from ${dataset}.old`);
  const definition = { dataset, name: "new", kind: "summary", query: "select 1 as one" } as const;
  const { warnings } = await updateTable(context.deps, { id, version: 1, definition }, actor);
  expect(warnings.filter((warning) => warning.includes(`${dataset}.reader`))).toHaveLength(1);
});

test("a name that no table can have is no parent, and does not stop the save", async () => {
  await save("a");
  const endless = Array.from({ length: 3_000 }, (_, at) => at.toString(36)).join("");
  const saved = await save("reads", `select * from a join other.\`${endless}\` using (x)`);
  expect(await parentsOf(saved.id)).toEqual([`${dataset}.a`]);
  expect(saved.warnings.filter((text) => text.includes("longer than BigQuery"))).toHaveLength(1);
});
