import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listTables } from "../../../server/services/catalog/list-tables.ts";
import { createTable, updateTable } from "../../../server/services/catalog/save-table.ts";
import { loadLineage } from "../../../server/services/lineage/load-lineage.ts";
import { getRun } from "../../../server/services/runs/get-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { createTestDeps, type TestDeps } from "../../api/support.ts";
import { chooseTables } from "../../support/choose-tables.ts";

const actor = { userId: null, name: "test" };
const size = 10_000;
let context: TestDeps;

beforeAll(async () => {
  context = await createTestDeps();
  context.answer(async () => ({}));
  const { db } = context.deps;
  // Never analyzed: as a catalog is in its first minute, or just restored from a backup.
  for (const table of ["datasets", "tables", "table_references"]) {
    await db.execute(sql`alter table ${sql.identifier(table)} set (autovacuum_enabled = false)`);
  }
  await db.execute(sql`insert into datasets (name) select 'd' || i from generate_series(0, 19) i`);
  await db.execute(sql`
    insert into tables (dataset_id, name, kind, query)
    select d.id, 't' || i, 'summary', 'select 1'
    from generate_series(0, ${size - 1}::int) i join datasets d on d.name = 'd' || (i % 20)`);
  // Table i reads three of the 200 before it: a deep graph without a cycle.
  await db.execute(sql`
    insert into table_references (table_id, source, dataset, name, found_by)
    select t.id, 'd' || (p % 20) || '.t' || p, 'd' || (p % 20), 't' || p, '{ast}'
    from generate_series(1, ${size - 1}::int) i
    cross join generate_series(1, 3) k
    cross join lateral (select greatest(0, i - 1 - ((i * 7919 * k) % 200)) as p) parent
    join tables t on t.name = 't' || i
    on conflict do nothing`);
  await db.execute(sql`
    insert into table_references (table_id, source, dataset, name, is_wildcard, found_by)
    select t.id, 'd7.t1*', 'd7', 't1', true, '{ast}'
    from generate_series(9000, 9099) i join tables t on t.name = 't' || i`);
});

afterAll(() => context.close());

async function idOf(name: string): Promise<number> {
  const { rows } = await context.deps.db.execute<{ id: number }>(
    sql`select id::float8 as id from tables where name = ${name}`,
  );
  return rows[0]!.id;
}

test("the list and the graph hold every table and agree on the edges", async () => {
  const [list, graph] = await Promise.all([
    listTables(context.deps, { limit: 20_000 }),
    loadLineage(context.deps),
  ]);
  expect(list).toHaveLength(size);
  expect(graph.nodes).toHaveLength(size);
  const parents = list.reduce((sum, table) => sum + table.parentCount, 0);
  const children = list.reduce((sum, table) => sum + table.childCount, 0);
  expect(parents).toBe(graph.edges.length);
  expect(children).toBe(graph.edges.length);
});

test("a run of a part of them is ordered by the edges within it", async () => {
  const { deps } = context;
  const { rows } = await deps.db.execute<{ id: number }>(sql`
    select t.id::float8 as id from tables t join datasets d on d.id = t.dataset_id
    where d.name in ('d6', 'd7', 'd8')`);
  const chosen = new Set(rows.map(({ id }) => id));
  const { edges } = await loadLineage(deps);
  const within = edges.filter((edge) => edge.every((id) => chosen.has(id)));
  const { runId } = await startRun(deps, chooseTables(chosen), actor);
  const run = await getRun(deps, runId);
  expect(run.tableRuns).toHaveLength(1_500);
  const tableOf = new Map(run.tableRuns.map(({ id, tableId }) => [id, tableId]));
  const inRun = run.tableRuns.flatMap(({ tableId, parentIds }) =>
    parentIds.map((id) => `${tableOf.get(id)} ${tableId}`),
  );
  expect(inRun.sort()).toEqual(within.map((edge) => edge.join(" ")).sort());
  expect(inRun.length).toBeGreaterThan(100);
});

test("a save writes its own references alone, and still sees a cycle through thousands", async () => {
  const others = () =>
    context.deps.db.execute(sql`
      select md5(string_agg(r::text, ',' order by table_id, source)) as hash
      from table_references r where table_id <> ${leaf}`);
  const leaf = await idOf("t9999");
  const before = (await others()).rows;
  const query = "select * from d18.t9998";
  const definition = { dataset: "d19", name: "t9999", kind: "summary", query } as const;
  await updateTable(context.deps, { id: leaf, version: 1, definition }, actor);
  expect((await others()).rows).toEqual(before);

  const root = await idOf("t0");
  const closing = {
    dataset: "d0",
    name: "t0",
    kind: "summary",
    query: "select * from d19.t9999",
  } as const;
  await expect(
    updateTable(context.deps, { id: root, version: 1, definition: closing }, actor),
  ).rejects.toMatchObject({
    code: "cycle",
    message: expect.stringMatching(/^this save.*d0\.t0 → .* → d0\.t0/),
  });
  await createTable(context.deps, { ...closing, name: "fresh" }, actor);
});
