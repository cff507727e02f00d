import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expiryWarningDays } from "../../shared/user.ts";
import { callsTable, rightsTable } from "../api/rights/tables.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/people.md"), "utf8");

test("who may do what is what every call is held against", () => {
  expect(document).toContain(rightsTable());
  expect(document).toContain(callsTable());
});

test("the days of the warning before a token ends are the code's", () => {
  expect(document).toContain(`Within ${expiryWarningDays} days of its end`);
});
