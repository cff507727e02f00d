import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { apiReference } from "../support/api-reference.ts";
import { cliReference } from "../support/cli-reference.ts";
import { errorsTable } from "../support/readme-tables.ts";

const root = join(import.meta.dirname, "../..");
const documents = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const read = (path: string) => readFileSync(join(root, path), "utf8");

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test("links and anchors of all documents resolve", () => {
  const broken = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, document) : resolve(root, dirname(document), path);
      if (!existsSync(target)) return [`${document}: ${link}`];
      const isAnchored = anchor !== undefined && target.endsWith(".md");
      const has = !isAnchored || anchorsOf(readFileSync(target, "utf8")).includes(anchor);
      return has ? [] : [`${document}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("every document is in the index", () => {
  const index = read("docs/README.md");
  const missing = documents.filter(
    (path) =>
      path.startsWith("docs/") &&
      path !== "docs/README.md" &&
      !index.includes(`(${path.slice(5)})`),
  );
  expect(missing).toEqual([]);
});

test("the commands, procedures, exit codes and error codes are the program's", () => {
  expect(read("docs/cli.md")).toContain(cliReference());
  expect(read("docs/api.md")).toContain(apiReference());
  expect(read("docs/troubleshooting.md")).toContain(errorsTable());
});

test("the image's build is given all that it copies", () => {
  const rules = read(".dockerignore").trim().split("\n");
  expect(rules[0]).toBe("*");
  const given = rules.slice(1).map((rule) => rule.replace(/^!/, ""));
  const built = read("server/setup/build.mjs");
  const copied = [
    ...[
      ...read("deploy/docker/Dockerfile").matchAll(/^COPY (?:--from=build )?(.+) \S+$/gm),
    ].flatMap(([, paths = ""]) => paths.split(" ").map((path) => path.replace("/app/", ""))),
    ...[...built.matchAll(/for \(const path of (\[.+?\])\)/g)].flatMap(
      ([, paths = ""]) => JSON.parse(paths) as string[],
    ),
    ...[...built.matchAll(/join\(root, "([a-z][^"]*)"\)/g)].map(([, path = ""]) => path),
  ].filter((path) => !/^(\.|node_modules|dist(\/.*)?)$/.test(path));
  expect(copied).toContain("python/maestro.py");
  const missing = copied.filter(
    (path) => !given.some((entry) => `${path}/`.startsWith(`${entry}/`)),
  );
  expect(missing).toEqual([]);
});
