import { eq } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../drizzle/schema/tables.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import { updateDatabase } from "../../server/services/databases/update-database.ts";
import { until } from "../support/until.ts";
import { openChangingSource } from "./changing-source.ts";

let flow: Awaited<ReturnType<typeof openChangingSource>>;
beforeAll(async () => {
  flow = await openChangingSource();
});
afterAll(() => flow.close());

test("where the table is gone from BigQuery, all rows are imported anew", async () => {
  await flow.source.query("create table dropped (id serial, name text)");
  await flow.source.query("insert into dropped (name) values ('a'), ('b')");
  const id = await flow.create("dropped");
  await flow.run(id);
  await flow.dropTable("dropped");
  await flow.source.query("insert into dropped (name) values ('c')");
  expect(await flow.run(id)).toMatchObject({
    state: "succeeded",
    rowCount: 3,
    imported: "imported 3 rows, all of them anew, since the table was not in BigQuery any more",
  });
  expect((await flow.contents("dropped")).rows).toHaveLength(3);
  expect(await flow.run(id)).toMatchObject({ rowCount: 0, imported: "imported 0 rows" });
});

test("a source that is empty when all rows are taken anew may begin its ids anew", async () => {
  await flow.source.query("create table emptied (id serial); insert into emptied values (default)");
  const id = await flow.create("emptied");
  await flow.run(id);
  await flow.dropTable("emptied");
  await flow.source.query("truncate emptied restart identity");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  await flow.source.query("insert into emptied values (default)");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await flow.contents("emptied")).rows).toEqual([[1]]);
});

test("an increment makes no table anew that is dropped before its load, and the next takes all rows", async () => {
  await flow.source.query("create table torn (id serial); insert into torn values (default)");
  const id = await flow.create("torn");
  await flow.run(id);
  await flow.source.query("insert into torn values (default)");
  const { warehouse } = flow.deps;
  const { insertJob } = warehouse;
  warehouse.insertJob = async (...job) => {
    await flow.dropTable("torn");
    return insertJob(...job);
  };
  try {
    const failed = await flow.run(id);
    expect(failed).toMatchObject({ state: "failed" });
    expect(failed.reason).toMatch(/Not found: Table .*torn/);
  } finally {
    warehouse.insertJob = insertJob;
  }
  expect(await flow.deps.warehouse.getTable("raw", "torn")).toBeNull();
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
});

async function openWriter(): Promise<pg.Client> {
  const writer = new pg.Client({ connectionString: flow.source.connectionString });
  await writer.connect();
  return writer;
}

const importWaits = () =>
  until("the import waits", async () => {
    const waiting = await flow.source.query(
      "select from pg_stat_activity where application_name = 'maestro import' and query like '%from pg_catalog.pg_locks%' and datname = current_database()",
    );
    return waiting.length > 0;
  });

test("columns that are altered while an import waits for writers are seen", async () => {
  await flow.source.query("create table awaited (id serial, name text)");
  await flow.source.query("insert into awaited (name) values ('a'), ('b')");
  const id = await flow.create("awaited");
  await flow.run(id);
  const writer = await openWriter();
  try {
    await writer.query("begin; insert into awaited (name) values ('c')");
    await flow.source.query("insert into awaited (name) values ('d')");
    const running = flow.run(id);
    await importWaits();
    await writer.query("alter table awaited add column note text default 'old'; commit");
    const altered = await running;
    expect(altered).toMatchObject({ state: "succeeded", rowCount: 4 });
    expect(altered.imported).toMatch(/4 rows at the second try, all of them anew.*\(new note\)/);
  } finally {
    await writer.end();
  }
  expect((await flow.contents("awaited")).rows).toEqual([
    [1, "a", "old"],
    [2, "b", "old"],
    [3, "c", "old"],
    [4, "d", "old"],
  ]);
});

test("columns are held against the table where nobody remembers those of the last import", async () => {
  await flow.source.query("create table forgotten (id serial, name text)");
  await flow.source.query("insert into forgotten (name) values ('a')");
  const id = await flow.create("forgotten");
  await flow.run(id);
  await flow.deps.db.delete(transfers).where(eq(transfers.tableId, id));
  await flow.source.query("insert into forgotten (name) values ('b')");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  await flow.deps.db.delete(transfers).where(eq(transfers.tableId, id));
  await flow.source.query("alter table forgotten add column note text default 'old'");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect((await flow.contents("forgotten")).rows).toEqual([
    [1, "a", "old"],
    [2, "b", "old"],
  ]);
});

test("a first import from where the database was moves no watermark of where it is now", async () => {
  await flow.source.query("create table moved (id serial); insert into moved values (default)");
  const id = await flow.create("moved");
  const writer = await openWriter();
  try {
    await writer.query("begin; insert into moved values (default)");
    await flow.source.query("insert into moved values (default)");
    const running = flow.run(id);
    await importWaits();
    const [row] = await flow.deps.db.select().from(databases);
    const { name, kind, port, database, username } = row!;
    const { password } = flow.source.address;
    const there = { name, kind, port, database, username, password, host: "localhost" };
    await updateDatabase(flow.deps, { id: row!.id, ...there }, flow.actor);
    await writer.query("commit");
    expect(await running).toMatchObject({ state: "succeeded", rowCount: 3 });
  } finally {
    await writer.end();
  }
  expect(await flow.watermark(id)).toBe(null);
  await flow.source.query("truncate moved restart identity; insert into moved values (default)");
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 1 });
  expect((await flow.contents("moved")).rows).toEqual([[1]]);
});
