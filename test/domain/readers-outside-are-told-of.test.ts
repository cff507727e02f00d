import { expect, test } from "vitest";
import { outsideChanges } from "../../server/domain/outside-readers.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../shared/table.ts";

const saved = {
  dataset: "shop",
  name: "orders",
  kind: "summary",
  query: "select 1 as id",
  exportDatabaseId: 7,
  extract: true,
  sheet: true,
  notifyUrls: ["https://example.com/a", "https://example.com/b"],
} as const;

function told(change: Partial<TableDefinitionInput>, isStored = true): string {
  const before = tableDefinitionSchema.parse(saved);
  const after = tableDefinitionSchema.parse({ ...saved, ...change });
  return outsideChanges(before, after, { isStored, databaseName: () => "mart" }).join("\n");
}

test("what nobody outside notices says nothing", () => {
  expect(told({ query: "select 2 as id", description: "new" })).toBe("");
});

test("a rename leaves the old table behind in BigQuery, and in the database", () => {
  const sentences = told({ name: "sales" });
  expect(sentences).toContain("BigQuery keeps shop.orders as it is now");
  expect(sentences).toContain("programs that ask for shop.orders find nothing");
  expect(sentences).toContain("orders in the database mart is written no more");
  expect(told({ dataset: "store" }, false)).not.toContain("BigQuery keeps");
});

test("another kind, and rows that are replaced or added to from now on", () => {
  expect(told({ kind: "external", query: "" })).toContain("files that someone uploads");
  expect(told({ disposition: "append" })).toContain("Runs add to its rows");
  expect(told({ disposition: "append" }, false)).toBe("");
});

test("deliveries that end are told one by one", () => {
  expect(told({ exportDatabaseId: null })).toContain("orders in the database mart is written no");
  expect(told({ exportTable: "public.sales" })).toContain("orders in the database mart is written");
  expect(told({ extract: false })).toContain("extract no more files");
  expect(told({ extractFormat: "PARQUET" })).toContain("PARQUET instead of CSV");
  expect(told({ sheet: false })).toContain("Google sheet is written no more");
  expect(told({ notifyUrls: ["https://example.com/b"] })).toBe(
    "https://example.com/a will not be told of its runs any more.",
  );
});
