import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tableVersions } from "../../drizzle/schema/tables.ts";
import { sessionCookieName } from "../../server/api/http/session-request.ts";
import { ensureLocalAdmin } from "../../server/services/access/ensure-local-admin.ts";
import { askLogin, claimLogin, refuseLogin } from "../../server/services/access/log-in.ts";
import { encodeSession } from "../../server/services/access/session-cookie.ts";
import type { TableListItem } from "../../shared/table.ts";
import { addUser } from "../api/support.ts";
import { until } from "../support/until.ts";
import {
  type CommandServer,
  createCommandLine,
  type RunCommandLine,
  startCommandServer,
  writeFiles,
} from "./support.ts";

let at: CommandServer;
let maestro: RunCommandLine;

beforeAll(async () => {
  at = await startCommandServer();
  maestro = createCommandLine(at.deps);
});

afterAll(() => at.close());

/** Writes files below a folder of their own, by path. */
const write = (name: string, files: Record<string, string>) =>
  writeFiles(join(at.folder, name), files);

test("a folder of SQL becomes tables, and is the same folder when they are written again", async () => {
  const root = await write("shop", {
    "shop/orders.sql": "select 1 as id\n",
    "shop/daily.sql": "select count(*) as n from shop.orders\n",
    "shop/daily.yaml": "kind: summary\ndescription: Orders a day\nclustering:\n  - n\n",
    "shop/uploads.yaml": "kind: external\nexternalTimeoutSeconds: 60\n",
    "README.md": "not a table",
  });
  expect(await maestro(["tables", "plan", root], at.env)).toMatch(
    /\+ shop\.daily {2}summary, reads shop\.orders\n(.*\n)*3 to make, 0 to change/,
  );
  expect(JSON.parse(await maestro(["tables", "list", "--json"], at.env))).toEqual([]);
  await maestro(["tables", "save", root], at.env);
  const shown = await maestro(["tables", "show", "shop.daily"], at.env);
  expect(shown).toContain("parents    shop.orders");
  expect(shown).toContain("Orders a day");
  expect(await maestro(["tables", "save", root], at.env)).toBe("3 are as they are in the files\n");
  expect(await maestro(["tables", "diff", root], at.env)).toBe("");
  // The tests' warehouse answers no dry run, so that nothing can be said of who reads it.
  await writeFile(join(root, "shop/orders.sql"), "select 1 as id, 2 as more\n");
  expect(await maestro(["tables", "plan", root], at.env)).toMatch(
    /~ shop\.orders {2}changes query\n {4}could not check shop\.daily: .*the warehouse is away/,
  );
  await writeFile(join(root, "shop/orders.sql"), "select 1 as id\n");
  const again = join(at.folder, "again");
  await maestro(["tables", "files", again], at.env);
  expect(await readdir(join(again, "shop"))).toEqual([
    "daily.sql",
    "daily.yaml",
    "orders.sql",
    "orders.yaml",
    "uploads.yaml",
  ]);
  expect(await readFile(join(again, "shop/daily.yaml"), "utf8")).toBe(
    "kind: summary\ndescription: Orders a day\ngroup: default\nclustering:\n  - n\n",
  );
});

test("a diff shows the lines that would change, and ends with 1 where there are any", async () => {
  const root = await write("changed", {
    "shop/daily.sql": "select count(*) as n\nfrom shop.orders\n",
  });
  const codes: number[] = [];
  const watched = createCommandLine(at.deps, { setExitCode: (code) => codes.push(code) });
  expect(await watched(["tables", "diff", root], at.env)).toBe(
    "--- catalog/shop/daily.sql\n+++ files/shop/daily.sql\n-select count(*) as n from shop.orders\n+select count(*) as n\n+from shop.orders\n",
  );
  expect(codes).toEqual([1]);
});

test("one file that cannot be saved keeps all of them from being saved, and is named with the reason", async () => {
  const root = await write("bad", {
    "bad/good.sql": "select 1 as one",
    "bad/typo.sql": "select 1 as one",
    "bad/typo.yaml": "kind: summary\nfrequenzy: daily\n",
  });
  await expect(maestro(["tables", "save", root], at.env)).rejects.toMatchObject({
    code: "invalidInput",
    message: expect.stringMatching(/bad\.typo cannot be saved: .*frequenzy.*nothing was saved/),
  });
  await writeFile(join(root, "bad/typo.yaml"), "frequency: weekly\n");
  await expect(maestro(["tables", "save", root], at.env)).rejects.toThrow(
    /there is no frequency weekly/,
  );
  await write("bad", {
    "bad/typo.yaml": "kind: summary\n",
    "bad/good.sql": "select * from bad.typo",
  });
  await write("bad", { "bad/typo.sql": "select * from bad.good" });
  await expect(maestro(["tables", "save", root], at.env)).rejects.toMatchObject({ code: "cycle" });
  await expect(maestro(["tables", "show", "bad.good"], at.env)).rejects.toThrow();
});

test("a table is edited in $EDITOR; what is refused is kept to be mended", async () => {
  const editor = join(at.folder, "editor.sh");
  const script = (line: string) =>
    `#!/bin/sh\nfor f in "$@"; do case "$f" in *.sql) ${line};; esac; done\n`;
  await writeFile(editor, script('echo "select 2 as id" > "$f"'));
  await chmod(editor, 0o755);
  const output = await maestro(["tables", "edit", "shop.orders"], { ...at.env, EDITOR: editor });
  expect(output).toContain("shop.orders is saved, version 2");
  expect(await maestro(["tables", "show", "shop.orders"], at.env)).toContain("select 2 as id");
  expect(await maestro(["tables", "edit", "shop.orders"], { ...at.env, EDITOR: "true" })).toContain(
    "shop.orders stays as it is",
  );
  await writeFile(editor, script('printf "" > "$f"'));
  const refused = maestro(["tables", "edit", "shop.orders"], { ...at.env, EDITOR: editor });
  const error = await refused.then(
    () => null,
    (cause: Error) => cause,
  );
  const kept = /what you wrote is in (\S+):/.exec(error?.message ?? "")?.[1] ?? "";
  expect(await readdir(join(kept, "shop"))).toContain("orders.sql");
  await rm(kept, { recursive: true });
  await expect(maestro(["tables", "edit", "shop.orders"], at.env)).rejects.toThrow(/EDITOR/);
});

test("who is in no group of a table cannot save its file", async () => {
  const { id } = await addUser(at.deps, "other@example.com", { groups: ["others"] });
  const name = sessionCookieName(at.deps.instanceId, false);
  const cookie = `${name}=${await encodeSession(at.deps, id)}`;
  const file = { dataset: "shop", name: "orders", sql: "select 3 as id", settings: null };
  const response = await fetch(`${at.url}/trpc/tables.saveFile`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie, origin: at.url },
    body: JSON.stringify({ file, version: 2 }),
  });
  expect(response.status).toBe(403);
});

test("a login is approved in the web app, kept for its user alone, and used from then on", async () => {
  const { id } = await ensureLocalAdmin(at.deps);
  const name = sessionCookieName(at.deps.instanceId, false);
  const cookie = `${name}=${await encodeSession(at.deps, id)}`;
  const stderr = new PassThrough();
  let asked = "";
  stderr.on("data", (chunk) => {
    asked += chunk;
  });
  const config = join(at.folder, "config");
  const home = { XDG_CONFIG_HOME: config };
  const atTerminal = createCommandLine(at.deps, { stderr });
  const login = atTerminal(["login", "--url", at.url], home);
  await until("it says where to approve it", () => asked.includes("enter the code"));
  // Whoever is sent a link has no code: it is read from the terminal.
  expect(asked).not.toMatch(/\/login\S/);
  const code = /code ([A-Z0-9-]+)/.exec(asked)?.[1] ?? "";
  const approve = (scope = "read") =>
    fetch(`${at.url}/trpc/tokens.approveLogin`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie, origin: at.url },
      body: JSON.stringify({ code, scope }),
    });
  expect((await approve()).status).toBe(200);
  expect(await login).toContain("logged in");
  expect((await approve()).status).toBe(404);
  expect((await stat(join(config, "maestro/logins.json"))).mode & 0o777).toBe(0o600);
  const listed = JSON.parse(await maestro(["tables", "list", "--json"], home)) as TableListItem[];
  expect(listed.length).toBeGreaterThan(0);
  await expect(maestro(["run", "shop.daily"], home)).rejects.toMatchObject({ code: "forbidden" });
  expect(await maestro(["logout"], home)).toContain("logged out");
  await expect(maestro(["tables", "list", "--url", at.url], home)).rejects.toThrow(/log in/);
});

test("a login that is refused ends, one asks too often puts out their own, and a name is no message", async () => {
  const { code, secret } = await askLogin(at.deps, { machine: "laptop", address: "10.0.0.1" });
  for (let i = 0; i < 30; i += 1) {
    await askLogin(at.deps, { machine: "flood", address: "10.0.0.2" });
  }
  expect(await claimLogin(at.deps, secret)).toEqual({ token: null });
  const { id } = await ensureLocalAdmin(at.deps);
  await refuseLogin(at.deps, code, { id, email: "admin@localhost" });
  await expect(claimLogin(at.deps, secret)).rejects.toMatchObject({ code: "notFound" });
  const { rows } = await at.deps.pool.query("select count(*)::int as n from login_requests");
  expect(rows).toEqual([{ n: 20 }]);
  for (const machine of ["press Approve to go on", "two\nlines", "\u202Ex", "", "x".repeat(64)]) {
    const response = await fetch(`${at.url}/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ machine }),
    });
    expect([machine, response.status]).toEqual([machine, 400]);
  }
});

test("a token that is wrong is not kept", async () => {
  const stdin = new PassThrough();
  stdin.end("maestro_wrong\n");
  const piped = createCommandLine(at.deps, { stdin });
  const home = { XDG_CONFIG_HOME: join(at.folder, "none") };
  await expect(piped(["login", "--with-token", "--url", at.url], home)).rejects.toMatchObject({
    code: "unauthenticated",
  });
  await expect(stat(join(at.folder, "none"))).rejects.toThrow();
});

test("versions are listed with their commits, or why they have none", async () => {
  const shown = () => maestro(["tables", "versions", "shop.daily"], at.env);
  expect(await shown()).toMatch(/^VERSION +SAVED \(UTC\) +BY +COMMIT\n.* –\n/);
  await at.deps.db.update(tableVersions).set({ commitFault: "too large" });
  expect(await shown()).toMatch(/ none: too large\n/);
  await at.deps.db.update(tableVersions).set({ commitSha: "0123456789abcdef" });
  expect(await shown()).toMatch(/ 0123456789ab\n/);
});

test("words are completed: commands, options, and names that the server knows", async () => {
  const complete = async (...words: string[]) =>
    (await maestro(["complete", "--", ...words], at.env))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t")[0]);
  expect(await complete("tab")).toEqual(["tables"]);
  expect(await complete("tables", "di")).toEqual(["diff"]);
  expect(await complete("run", "--with-")).toEqual(["--with-ancestors", "--with-descendants"]);
  expect(await complete("tables", "show", "shop.d")).toEqual(["shop.daily"]);
  expect(await complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await maestro(["completion", "bash"])).toContain(
    "complete -o default -F _maestro_complete",
  );
  await expect(maestro(["completion", "csh"])).rejects.toThrow(/bash, zsh, fish/);
});

test("costs are a table, by what they are asked for", async () => {
  expect(await maestro(["costs", "--by", "group"], at.env)).toMatch(/^GROUP +BILLED +USD +JOBS\n/);
  expect(await maestro(["costs", "--by", "day", "--days", "2"], at.env)).toMatch(
    /0\.00 USD in 2 days/,
  );
  await expect(maestro(["costs", "--by", "colour"], at.env)).rejects.toThrow(/--by is one of/);
  expect(await maestro(["jobs", "list"], at.env)).toMatch(/^JOB +STEP/);
});
