import { afterAll, beforeAll, expect, test } from "vitest";
import { outbox } from "../../drizzle/schema/transfers.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { assembleRun } from "../../server/services/runs/assemble-run.ts";
import { reimportTable } from "../../server/services/runs/reimport-table.ts";
import { insertFrequency } from "../support/catalog.ts";
import { openChangingSource } from "./changing-source.ts";

let flow: Awaited<ReturnType<typeof openChangingSource>>;
beforeAll(async () => {
  flow = await openChangingSource();
});
afterAll(() => flow.close());

const messages = async (tableId: number) =>
  (await flow.deps.db.select().from(outbox))
    .filter(({ topic, payload }) => topic === "slack" && payload["tableId"] === tableId)
    .map(({ payload }) => ({ text: payload["text"], keptAs: payload["keptAs"] }));

const changes = [
  {
    what: "a new column",
    alter: "alter table t add column note text default 'old'",
    told: "new note",
    rows: [
      [2, "b", "old"],
      [3, "c", "old"],
    ],
  },
  {
    what: "a dropped column",
    alter: "alter table t drop column name",
    told: "gone name",
    rows: [[2], [3]],
  },
  {
    what: "a renamed column",
    alter: "alter table t rename column name to title",
    told: "new title; gone name",
    rows: [
      [2, "b"],
      [3, "c"],
    ],
  },
];

test.each(changes)(
  "$what imports all rows anew, and keeps the table as it was",
  async ({ alter, told, rows }) => {
    const name = `t_${told.replace(/\W+/g, "_")}`;
    const rename = (statement: string) => statement.replace(/\bt\b/, name);
    await flow.source.query(rename("create table t (id bigint primary key, name text)"));
    await flow.source.query(rename("insert into t values (1, 'a'), (2, 'b')"));
    const id = await flow.create(name);
    expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
    // The source forgets a row that BigQuery has.
    await flow.source.query(rename("delete from t where id = 1"));
    await flow.source.query(rename("insert into t values (3, 'c')"));
    await flow.source.query(rename(alter));
    const changed = await flow.run(id);
    expect(changed).toMatchObject({ state: "succeeded", rowCount: 2 });
    expect((await flow.contents(name)).rows).toEqual(rows);
    const [message, ...others] = await messages(id);
    expect(others).toEqual([]);
    expect(message).toMatchObject({ text: told });
    const keptAs = message!.keptAs as string;
    expect(keptAs).toMatch(new RegExp(`^raw\\.before_\\d{8}_\\d{6}_${name}$`));
    expect(changed.imported).toBe(
      `imported 2 rows, all of them anew, since the columns of the source have changed (${told}); the table as it was is kept as ${keptAs}`,
    );
    expect((await flow.contents(keptAs.slice("raw.".length))).rows).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(await flow.watermark(id)).toBe("3");
    // From now on increments again, and nobody is told twice.
    expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
    expect(await messages(id)).toHaveLength(1);
  },
);

test("a column of another type imports all rows anew in that type", async () => {
  await flow.source.query(`create table typed (id bigint primary key, amount int);
    insert into typed values (1, 10), (2, 20)`);
  const id = await flow.create("typed");
  await flow.run(id);
  await flow.source.query("alter table typed alter column amount type text using amount || ' EUR'");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect((await flow.contents("typed")).rows).toEqual([
    [1, "10 EUR"],
    [2, "20 EUR"],
  ]);
  const [message] = await messages(id);
  expect(message!.text).toMatch(/^amount is now STRING and was INT/);
});

test("where the table cannot be kept nothing is replaced", async () => {
  await flow.source.query(`create table guarded (id bigint primary key, a int);
    insert into guarded values (1, 1)`);
  const id = await flow.create("guarded");
  await flow.run(id);
  await flow.source.query("alter table guarded drop column a");
  const { warehouse } = flow.deps;
  const { insertJob } = warehouse;
  warehouse.insertJob = async (jobId, configuration, labels) => {
    if (!("copy" in configuration)) return insertJob(jobId, configuration, labels);
    const error = { reason: "accessDenied", message: "no access", retryable: false };
    return { state: "DONE", error, configuration: {}, statistics: {}, adopted: false };
  };
  try {
    const failed = await flow.run(id);
    expect(failed.state).toBe("failed");
    expect(failed.reason).toMatch(/raw\.guarded as it is cannot be kept.*no access/);
  } finally {
    warehouse.insertJob = insertJob;
  }
  expect(await flow.contents("guarded")).toEqual({
    columns: expect.arrayContaining([expect.stringContaining("a ")]),
    rows: [[1, 1]],
  });
  expect(await flow.watermark(id)).toBe("1");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
});

test("a reimport asked for by hand takes the source as it is, and keeps no copy", async () => {
  await flow.source.query(`create table asked (id bigint primary key);
    insert into asked values (1), (2)`);
  const id = await flow.create("asked");
  await flow.run(id);
  await flow.source.query("delete from asked where id = 1");
  const { runId } = await reimportTable(flow.deps, id, flow.actor);
  expect(await flow.ended(runId)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await flow.contents("asked")).rows).toEqual([[2]]);
  expect(await messages(id)).toEqual([]);
});

test("a reimport condition takes all rows anew at the ticks where it holds, and at no others", async () => {
  await flow.source.query(`create table ticked (id bigint primary key, name text);
    insert into ticked values (1, 'a')`);
  const { deps } = flow;
  const frequencyId = await insertFrequency(deps.db, {
    effectiveFrom: new Date("2026-01-01T00:00:00Z"),
    active: false,
  });
  await flow.create("ticked", {
    frequencyId,
    reimportConditions: [{ days: [2] }],
  });
  await deps.db.execute(`update frequencies set active = true where id = ${frequencyId}`);
  const tick = async (day: number) => {
    const at = new Date(Date.UTC(2026, 0, day));
    const assembled = await assembleRun(deps, frequencyId, at);
    if (assembled.kind !== "started") throw new Error(`the tick was ${assembled.kind}`);
    const tableRun = await flow.ended(assembled.runId);
    return { ...tableRun, imported: await flow.importedBy(tableRun.id) };
  };
  expect((await tick(1)).imported).toBe("imported 1 row");
  await flow.source.query("update ticked set name = 'A'; insert into ticked values (2, 'b')");
  expect(await tick(2)).toMatchObject({
    state: "succeeded",
    imported: "imported 2 rows, all of them anew, since a reimport condition held at the tick",
  });
  expect((await flow.contents("ticked")).rows).toEqual([
    [1, "A"],
    [2, "b"],
  ]);
  await flow.source.query("update ticked set name = 'Z'; insert into ticked values (3, 'c')");
  expect(await tick(3)).toMatchObject({ state: "succeeded", imported: "imported 1 row" });
  expect((await flow.contents("ticked")).rows).toEqual([
    [1, "A"],
    [2, "b"],
    [3, "c"],
  ]);
});

test("a table without columns is refused in words", async () => {
  await flow.source.query("create table bare ()");
  const { state, reason } = await flow.run(await flow.create("bare", { idColumn: null }));
  expect(state).toBe("failed");
  expect(reason).toMatch(/bare has no columns: there is nothing to import/);
});

test.each([
  ["select id, n as ID from t", /"id" is there twice/],
  ['select id, n as "a b" from t', /"a b" is no name for BigQuery/],
  ["select id, _partitiontime from t", /begins as BigQuery's own names do/],
])("%s is refused when it is saved: BigQuery would refuse its columns", async (query, says) => {
  await expect(flow.create("refused", { query, importTable: "" })).rejects.toThrow(says);
});

test("reimport conditions are for imports that go on from an id", async () => {
  const conditions = { reimportConditions: [{ days: [1] }] };
  await expect(flow.create("plain", { ...conditions, idColumn: null })).rejects.toThrow(
    /without an id column every run imports all rows anyway/,
  );
  const summary = { dataset: "d", name: "s", kind: "summary" as const, query: "select 1 as n" };
  await expect(createTable(flow.deps, { ...summary, ...conditions }, flow.actor)).rejects.toThrow(
    /reimportConditions is for imports/,
  );
});

test("what a table appends whole takes a new column, and has NULL where it was before", async () => {
  await flow.source.query("create table piled (id bigint); insert into piled values (1)");
  const id = await flow.create("piled", { idColumn: null, disposition: "append" });
  await flow.run(id);
  await flow.source.query("alter table piled add column note text default 'n'");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded" });
  expect((await flow.contents("piled")).rows).toEqual(
    expect.arrayContaining([
      [1, null],
      [1, "n"],
    ]),
  );
});

test("an import after a sheet or an export still knows its columns", async () => {
  await flow.source.query(`create table sheeted (id bigint primary key);
    insert into sheeted values (1)`);
  const id = await flow.create("sheeted", { sheet: true });
  expect(await flow.run(id)).toMatchObject({ state: "succeeded" });
  await flow.source.query("alter table sheeted add column a int default 5");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await flow.contents("sheeted")).rows).toEqual([[1, 5]]);
});
