import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { variables } from "../../server/config-variables.ts";
import { redirectPath } from "../../shared/sign-in.ts";
import { refusalsTable } from "../support/readme-tables.ts";

const document = readFileSync(join(import.meta.dirname, "../../docs/sign-in.md"), "utf8");

test("the refusals, the variables and the redirect URI of the document are the code's", () => {
  expect(document).toContain(refusalsTable());
  expect(document).toContain(`\`${redirectPath}\``);
  const known = Object.values(variables).map(({ variable }) => `MAESTRO_${variable}`);
  const named = [...document.matchAll(/MAESTRO_[A-Z_]+/g)].map(([name]) => name);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});
