import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeServiceAccount } from "../support/service-account.ts";
import { type CommandServer, createCommandLine, startCommandServer } from "./support.ts";

let at: CommandServer;

beforeAll(async () => {
  at = await startCommandServer();
});

afterAll(() => at.close());

const run = (args: string[], stdin = "") =>
  createCommandLine(at.deps, { stdin: Readable.from([stdin]) })(["settings", ...args], at.env);

test("a setting is set, shown with who changed it, and forgotten", async () => {
  await run(["set", "oauth.domains", "Example.com, example.org"]);
  expect(await run(["get", "oauth.domains"])).toBe("Example.com, example.org\n");
  expect(await run(["list"])).toMatch(/oauth\.domains +Example\.com, .* stored .*admin@localhost/);
  await run(["unset", "oauth.domains"]);
  expect(await run(["get", "oauth.domains"])).toBe("\n");
  expect(await run(["get", "costs.currency"])).toBe("USD\n");
});

test("a secret comes by standard input, and is only told to be there", async () => {
  await expect(run(["set", "oauth.clientSecret", "in-the-history"])).rejects.toThrow(/--stdin/);
  await run(["set", "oauth.clientSecret", "--stdin"], "typed-secret-0815\n");
  const shown = await run(["list"]);
  expect(shown).toMatch(/oauth\.clientSecret +\(hidden\) +stored/);
  expect(shown + (await run(["list", "--json"]))).not.toContain("typed-secret-0815");
  await expect(run(["get", "oauth.clientSecret"])).rejects.toThrow(/nobody can read it back/);
});

test("a setting that is not there, or a value that is refused, is told by name", async () => {
  await expect(run(["get", "oauth.domain"])).rejects.toThrow(/no setting oauth\.domain: there are/);
  await expect(run(["set", "costs.currency", "euros"])).rejects.toThrow(/three letters/);
});

test("BigQuery is set as a whole, by the file of a key, and tried", async () => {
  const path = join(at.folder, "key.json");
  await writeFile(path, makeServiceAccount());
  const set = (...args: string[]) => run(["set-bigquery", ...args]);
  await expect(set()).rejects.toThrow(/name what to change/);
  await expect(set("--project", "our-project")).rejects.toThrow(/Bucket: name one beside/);
  await expect(set("--key-file", `${path}.not`)).rejects.toThrow(/cannot be read: ENOENT/);
  const all = ["--project", "our-project", "--bucket", "ours", "--key-file", path];
  expect(await set(...all)).toMatch(/bigquery\.credentials: set\. Try it: .* test-bigquery/);
  expect(await run(["list"])).toMatch(/bigquery\.credentials +\(hidden\) +stored/);
  expect(await set("--default-credentials")).toContain("bigquery.credentials: set");
  expect(await run(["list"])).toMatch(/bigquery\.credentials .*unset/);
  await expect(run(["test-bigquery"])).rejects.toThrow("no BigQuery is set");
});
