import { afterAll, beforeAll, expect, test } from "vitest";
import { createMysqlDatabase, type MysqlDatabase } from "../connectors/mysql-support.ts";
import { openImportFlow } from "./import-flow.ts";

let source: MysqlDatabase;
let flow: Awaited<ReturnType<typeof openImportFlow>>;
beforeAll(async () => {
  source = await createMysqlDatabase();
  flow = await openImportFlow(source.address);
});
afterAll(async () => {
  await flow.close();
  await source.drop();
});

const rowCount = async (name: string) =>
  (await flow.deps.warehouse.getTable("raw", name))?.rowCount;

test("increments append, empty ones too, and a late lower id comes with the next", async () => {
  await source.query(
    "create table orders (id bigint auto_increment primary key, Name varchar(20))",
  );
  await source.query("insert into orders (Name) values ('a'), ('b')");
  const id = await flow.create({
    name: "orders",
    query: "select id, name as who from Orders where Name <> 'hidden'",
    idColumn: "id",
  });
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 2 });
  const late = await source.connect();
  await late.beginTransaction();
  await late.query("insert into orders (Name) values ('late')");
  await source.query("insert into orders (Name) values ('early'), ('hidden')");
  const running = flow.run(id);
  await expect
    .poll(
      () =>
        source.query("select 1 from information_schema.processlist where info like 'lock tables%'"),
      { timeout: 20_000 },
    )
    .toHaveLength(1);
  await late.commit();
  expect(await running).toMatchObject({ state: "succeeded", rowCount: 2 });
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  const { rows } = await flow.preview("orders");
  expect(rows.sort()).toEqual([
    [1, "a"],
    [2, "b"],
    [3, "late"],
    [4, "early"],
  ]);
  await late.end();
});

test("columns that are altered while an import waits for writers are seen", async () => {
  await source.query("create table altered (id bigint auto_increment primary key)");
  await source.query("insert into altered values (null), (null)");
  const id = await flow.create({ name: "altered", importTable: "altered", idColumn: "id" });
  await flow.run(id);
  const [writer, alterer] = [await source.connect(), await source.connect()];
  const waiting = (statement: string, count: number) =>
    expect
      .poll(
        () =>
          source.query(
            `select 1 from information_schema.processlist where info like '${statement}%'`,
          ),
        { timeout: 20_000 },
      )
      .toHaveLength(count);
  await writer.beginTransaction();
  await writer.query("insert into altered values (null)");
  const running = flow.run(id);
  // Between two of its tries to lock the table, the import holds nobody up.
  await waiting("lock tables", 1);
  await waiting("lock tables", 0);
  const altering = alterer.query("alter table altered add column note varchar(9) default 'old'");
  await waiting("alter table", 1);
  await writer.commit();
  await altering;
  expect(await running).toMatchObject({ state: "succeeded", rowCount: 3 });
  const { rows } = await flow.preview("altered");
  expect(rows.sort()).toEqual([
    [1, "old"],
    [2, "old"],
    [3, "old"],
  ]);
  await writer.end();
  await alterer.end();
});

test("an empty table makes an empty one, with its columns", async () => {
  await source.query("create table nothing (a int, b json, c blob)");
  const id = await flow.create({ name: "nothing", importTable: "nothing" });
  expect(await flow.run(id)).toMatchObject({ state: "succeeded", rowCount: 0 });
  expect(await rowCount("nothing")).toBe(0);
});

test("a fault says what is wrong with the table, the column or the SQL", async () => {
  const reason = async (input: { name: string; importTable?: string; query?: string }) =>
    (await flow.run(await flow.create(input))).reason;
  expect(await reason({ name: "f1", importTable: "absent" })).toMatch(/no table `test`.`absent`/);
  expect(await reason({ name: "f2", query: "select nope from nothing" })).toMatch(/no column nope/);
  await expect(
    flow.create({ name: "f3", query: "select a from nothing where b ilike 'x'" }),
  ).rejects.toThrow(/ILIKE for MySQL and MariaDB \(write lower\(a\) LIKE lower\(b\)\)/);
});
