import { describe, expect, test } from "vitest";
import {
  indexCatalog,
  splitReference,
} from "../../../server/domain/table-references/match-reference.ts";

describe("a source taken apart", () => {
  test.each([
    ["acme.shop.visits", "acme", "shop", "visits", false],
    ["acme-prod.shop.visits", "acme-prod", "shop", "visits", false],
    ["shop.visits", "home", "shop", "visits", false],
    ["visits", null, null, "visits", false],
    ["`acme`.`shop`.`visits`", "acme", "shop", "visits", false],
    ["acme:shop.visits", "acme", "shop", "visits", false],
    ["acme.com:prod.shop.visits", "acme.com:prod", "shop", "visits", false],
    ["shop.events_*", "home", "shop", "events_", true],
    ["acme.shop.*", "acme", "shop", "", true],
    ["shop.visits$20240101", "home", "shop", "visits", false],
    ["shop.visits@-3600000", "home", "shop", "visits", false],
    ["acme.lake.shop.visits", "acme.lake", "shop", "visits", false],
  ])("%s", (source, project, dataset, name, isWildcard) => {
    expect(splitReference(source, "home")).toEqual({ project, dataset, name, isWildcard });
  });

  test.each(["shop.INFORMATION_SCHEMA.TABLES", "information_schema.jobs", "", "shop.", ".visits"])(
    "%j is none",
    (source) => expect(splitReference(source, "home")).toBeNull(),
  );
});

describe("a source matched against the catalog", () => {
  const tables = [
    { id: 1, dataset: "shop", name: "visits" },
    { id: 2, dataset: "shop", name: "events_20240101" },
    { id: 3, dataset: "shop", name: "events_20240102" },
    { id: 4, dataset: "shop", name: "Visits" },
    { id: 5, dataset: "stock", name: "visits" },
    { id: 6, dataset: "shop", name: "event" },
  ];
  const index = indexCatalog(tables, { project: "home", defaultDataset: "stock" });
  test.each([
    ["shop.visits", [1]],
    ["home.shop.visits", [1]],
    ["away.shop.visits", []],
    ["shop.Visits", [4]],
    ["shop.VISITS", []],
    ["visits", [5]],
    ["shop.events_*", [2, 3]],
    ["shop.events_20240102*", [3]],
    ["shop.zzz*", []],
    ["shop.*", [4, 6, 2, 3, 1]],
    ["shop.visits$20240101", [1]],
    ["nothing.visits", []],
  ])("%s", (source, ids) => {
    expect(index.match(source).map(({ id }) => id)).toEqual(ids);
  });

  test("one part matches nothing where no dataset is the default", () => {
    expect(indexCatalog(tables, { project: "home" }).match("visits")).toEqual([]);
  });
});
