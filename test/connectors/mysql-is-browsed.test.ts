import { afterAll, beforeAll, expect, test } from "vitest";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { browseMysql } from "../../server/connectors/mysql-browse.ts";
import { createMysqlDatabase, type MysqlDatabase } from "./mysql-support.ts";

let source: MysqlDatabase;
let reader: DatabaseAddress;
beforeAll(async () => {
  source = await createMysqlDatabase();
  for (const statement of [
    "create database shop",
    "create table shop.Orders (id bigint unsigned auto_increment primary key, name varchar(20), paid decimal(10, 2))",
    "insert into shop.Orders (name) select 'x' from seq_1_to_100",
    "analyze table shop.Orders",
    "create table shop.pairs (a int, b int, primary key (a, b))",
    "create view shop.paid as select id from shop.Orders where paid is not null",
    "create table shop.hidden (id int primary key)",
    "create table shop.partly (id int primary key, open int, secret int)",
    "create user reader@'%' identified by 'reads'",
    "grant select on shop.Orders to reader@'%'",
    "grant select on shop.pairs to reader@'%'",
    "grant select on shop.paid to reader@'%'",
    "grant insert on shop.hidden to reader@'%'",
    "grant select (id, open) on shop.partly to reader@'%'",
  ]) {
    await source.query(statement);
  }
  reader = { ...source.address, database: "shop", username: "reader", password: "reads" };
});
afterAll(() => source.drop());

const all = { search: "", limit: 100, offset: 0 };

test("what the user may read is listed, with its columns, rows and id column", async () => {
  const { tables, hasMore } = await browseMysql(reader, all);
  expect(hasMore).toBe(false);
  expect(tables.map(({ schema, name }) => `${schema}.${name}`)).toEqual([
    "shop.Orders",
    "shop.paid",
    "shop.pairs",
    "shop.partly",
  ]);
  expect(tables[0]).toEqual({
    schema: "shop",
    name: "Orders",
    approximateRows: 100,
    columns: [
      { name: "id", type: "bigint(20) unsigned" },
      { name: "name", type: "varchar(20)" },
      { name: "paid", type: "decimal(10,2)" },
    ],
    idColumn: "id",
  });
  expect(tables[1]).toMatchObject({ approximateRows: null, idColumn: null });
  expect(tables[2]).toMatchObject({ idColumn: null });
  expect(tables[3]?.columns.map(({ name }) => name)).toEqual(["id", "open"]);
});

test("it is searched and paged, and a hostile search finds nothing", async () => {
  const found = async (filter: Partial<typeof all>) => {
    const { tables, hasMore } = await browseMysql(reader, { ...all, ...filter });
    return { names: tables.map(({ name }) => name), hasMore };
  };
  expect(await found({ search: "SHOP.ord" })).toEqual({ names: ["Orders"], hasMore: false });
  expect(await found({ limit: 2 })).toEqual({ names: ["Orders", "paid"], hasMore: true });
  expect(await found({ limit: 2, offset: 2 })).toEqual({
    names: ["pairs", "partly"],
    hasMore: false,
  });
  expect(await found({ search: "' or 1=1 -- " })).toEqual({ names: [], hasMore: false });
  expect(await found({ search: "%" })).toEqual({ names: [], hasMore: false });
});
