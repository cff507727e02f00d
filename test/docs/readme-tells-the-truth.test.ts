import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { errorsTable, settingsTable } from "../support/readme-tables.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("the tables of settings and errors are the code's", () => {
  expect(readme).toContain(settingsTable());
  expect(readme).toContain(errorsTable());
});

test("every file that the walk of a tick names exists, in at most twelve hops", () => {
  const walk = readme.slice(readme.indexOf("**a frequency ticks**"), readme.indexOf("## Settings"));
  const files = [...walk.matchAll(/`((?:server|shared)\/[\w./-]+)`/g)].map(
    ([, file]) => file ?? "",
  );
  expect(files.length).toBeGreaterThanOrEqual(10);
  expect(files.length).toBeLessThanOrEqual(12);
  expect(files.filter((file) => !existsSync(join(root, `${file}.ts`)))).toEqual([]);
});

test("links to files of the repository lead somewhere", () => {
  const documents = [
    "README.md",
    ...[...readme.matchAll(/\]\((docs\/[\w-]+\.md)\)/g)].map(([, path]) => path ?? ""),
  ];
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path ?? "");
    const broken = links.filter((path) => !existsSync(join(root, dirname(document), path)));
    expect(broken).toEqual([]);
  }
});
