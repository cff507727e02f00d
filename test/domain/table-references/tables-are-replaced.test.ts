import { expect, test } from "vitest";
import { replaceTables } from "../../../server/domain/table-references/replace-tables.ts";

const defaults = { projectId: "my-project", dataset: "shop" };

/** With `shop.orders` and `shop.items` taken for a query. */
function replace(sql: string): string {
  const queries = new Map([
    ["shop.orders", "(q1)"],
    ["shop.items", "(q2)"],
  ]);
  return replaceTables(sql, defaults, (name) => queries.get(name) ?? null).sql;
}

test.each([
  ["select id from shop.orders", "select id from (q1) AS `orders`"],
  ["select id from orders", "select id from (q1) AS `orders`"],
  ["select o.id from `shop.orders` o", "select o.id from (q1) o"],
  ["select 1 from `shop`.`orders` as o", "select 1 from (q1) as o"],
  ["select 1 from `my-project.shop.orders`", "select 1 from (q1) AS `orders`"],
  ["select 1 from my-project.shop.orders", "select 1 from (q1) AS `orders`"],
  ["select 1 from `my-project`.shop.orders", "select 1 from (q1) AS `orders`"],
  ["select 1 from orders, items", "select 1 from (q1) AS `orders`, (q2) AS `items`"],
  [
    "select 1 from orders join shop.items using (id)",
    "select 1 from (q1) AS `orders` join (q2) AS `items` using (id)",
  ],
])("a parent is replaced however it is written: %s", (sql, replaced) => {
  expect(replace(sql)).toBe(replaced);
});

test.each([
  "with orders as (select 1 as id) select id from orders",
  "select items from other.orders",
  "select 1 from `other-project.shop.orders`",
  "select 1 from `shop.orders_*`",
  "select 'shop.orders' as text -- from orders",
  "insert into shop.orders select 1",
])("what is no parent stays: %s", (sql) => {
  expect(replace(sql)).toBe(sql);
});

test("a column that bears the name of a table stays", () => {
  expect(replace("select o.items from orders o, o.items")).toBe(
    "select o.items from (q1) o, o.items",
  );
});
