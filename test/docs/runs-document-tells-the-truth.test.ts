import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { variables } from "../../server/config-variables.ts";
import { runStates, tableRunStates } from "../../shared/run.ts";
import { reasonsTable } from "../support/readme-tables.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/runs.md"), "utf8");

test("the table of reasons is the code's", () => {
  expect(document).toContain(reasonsTable());
});

test("every state of a run and of a table run is told of", () => {
  const told = [...document.matchAll(/^\| \*\*(\w+)\*\* \|/gm)].map(([, state]) => state);
  expect(told).toEqual([...tableRunStates, ...runStates]);
});

test("the settings that it names exist, with these defaults", () => {
  const named = [...document.matchAll(/`([A-Z_]{6,})` \(default (\d+)\)/g)];
  expect(named.length).toBeGreaterThan(2);
  const defaults = new Map(
    Object.values(variables).map((each) => [each.variable as string, each.default]),
  );
  for (const [, name, value] of named) expect([name, defaults.get(name!)]).toEqual([name, value]);
});
