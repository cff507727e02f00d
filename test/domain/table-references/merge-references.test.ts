import { expect, test } from "vitest";
import {
  mergeReferences,
  type ReferenceLayers,
} from "../../../server/domain/table-references/merge-references.ts";

function merge(layers: Partial<ReferenceLayers>) {
  const none = { ast: [], astError: null, scanner: [], dryRun: null, manual: [], ignored: [] };
  return mergeReferences({ ...none, ...layers }, { defaultProject: "home" });
}

test("layers that agree give one row each and no warning", () => {
  const names = ["shop.a", "shop.b"];
  expect(merge({ ast: names, scanner: names, dryRun: ["home.shop.b", "home.shop.a"] })).toEqual({
    references: [
      { name: "shop.a", foundBy: ["ast", "scanner", "dryRun"], ignored: false },
      { name: "shop.b", foundBy: ["ast", "scanner", "dryRun"], ignored: false },
    ],
    warnings: [],
  });
});

test("what only one layer found counts, with a sentence about it", () => {
  const { references, warnings } = merge({ ast: ["shop.a"], scanner: ["shop.b"] });
  expect(references.map(({ name, foundBy }) => [name, ...foundBy])).toEqual([
    ["shop.a", "ast"],
    ["shop.b", "scanner"],
  ]);
  expect(warnings).toEqual([
    "shop.a was found by the parser, but not by scanning the text; it counts as a parent.",
    "shop.b was found by scanning the text, but not by the parser; it counts as a parent.",
  ]);
});

test("a refused SQL is said once, not for every table", () => {
  const { references, warnings } = merge({
    ast: null,
    astError: "Parse error at line 3",
    scanner: ["shop.a", "shop.b"],
  });
  expect(references).toHaveLength(2);
  expect(warnings).toEqual([
    "The parser could not read this SQL (Parse error at line 3): its references were found by scanning the text alone.",
  ]);
});

test("the dry run adds what views and functions hide, and removes nothing", () => {
  const { references, warnings } = merge({
    ast: ["shop.view"],
    scanner: ["shop.view"],
    dryRun: ["home.shop.below"],
  });
  expect(references.map(({ name }) => name)).toEqual(["home.shop.below", "shop.view"]);
  expect(warnings).toEqual([
    "The SQL names shop.view, but BigQuery's dry run does not read it; it counts as a parent.",
    "BigQuery reads home.shop.below, which the SQL does not show (through a view or a function).",
  ]);
});

test("a dry run's list that is cut off says nothing about what it lacks", () => {
  const dryRun = Array.from({ length: 50 }, (_, at) => `home.shop.t${at}`);
  const names = [...dryRun.map((name) => name.slice(5)), "shop.more"];
  expect(merge({ ast: names, scanner: names, dryRun }).warnings).toEqual([]);
});

test("the tables of a wildcard are the wildcard's", () => {
  const { references, warnings } = merge({
    ast: ["shop.events_*"],
    scanner: ["shop.events_*"],
    dryRun: ["home.shop.events_2024", "home.shop.events_2025"],
  });
  expect(references).toEqual([
    { name: "shop.events_*", foundBy: ["ast", "scanner", "dryRun"], ignored: false },
  ]);
  expect(warnings).toEqual([]);
});

test("a table of another project or dataset is none of the wildcard's", () => {
  const { references } = merge({
    ast: ["shop.events_*"],
    scanner: ["shop.events_*"],
    dryRun: ["away.shop.events_1", "home.stock.events_1"],
  });
  expect(references.map(({ name }) => name)).toEqual([
    "away.shop.events_1",
    "home.stock.events_1",
    "shop.events_*",
  ]);
});

test("parents named by hand and parents to ignore", () => {
  const { references, warnings } = merge({
    ast: ["shop.a", "home.shop.b"],
    scanner: ["shop.a", "home.shop.b"],
    manual: ["shop.hidden", "shop.a"],
    ignored: ["shop.b", "shop.nowhere"],
  });
  expect(references).toEqual([
    { name: "home.shop.b", foundBy: ["ast", "scanner"], ignored: true },
    { name: "shop.a", foundBy: ["ast", "scanner", "manual"], ignored: false },
    { name: "shop.hidden", foundBy: ["manual"], ignored: false },
  ]);
  expect(warnings).toEqual(["shop.nowhere is to be ignored, but nothing refers to it."]);
});

test("one table written in two ways is one row", () => {
  const names = ["home.shop.a", "shop.a", "shop.a$20240101"];
  expect(merge({ ast: names, scanner: names }).references).toHaveLength(1);
});

test("a name longer than any table's is left out, said once, and cited by its beginning", () => {
  const longest = `${"d".repeat(1_024)}.${"t".repeat(1_024)}`;
  const tooLong = `shop.${"ü".repeat(513)}`;
  const names = ["shop.a", longest, tooLong];
  const { references, warnings } = merge({ ast: names, scanner: names, dryRun: names });
  expect(references.map(({ name }) => name)).toEqual([longest, "shop.a"]);
  expect(warnings).toEqual([
    `${tooLong.slice(0, 60)}… (518 characters) is longer than BigQuery lets a table's name be: it is no parent.`,
  ]);
});
