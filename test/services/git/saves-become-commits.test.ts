import { createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outbox } from "../../../drizzle/schema/transfers.ts";
import { listVersions } from "../../../server/services/catalog/list-versions.ts";
import { removeTable } from "../../../server/services/catalog/remove-table.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { commitSaves } from "../../../server/services/git/commit-saves.ts";
import { gitState, planSync, sync } from "../../../server/services/git/sync.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { startTestServer } from "../../api/support.ts";
import type { GitServer } from "../../support/git-server.ts";
import { type GitWorld, startGitWorld } from "./support.ts";

let world: GitWorld;
let deps: Deps;
let git: GitServer;
let folder: string;
let ann: { userId: number; name: string };
let save: GitWorld["save"];

const none = { take: null, names: [] };
const signal = new AbortController().signal;

beforeAll(async () => {
  world = await startGitWorld();
  ({ deps, git, folder, ann, save } = world);
});

afterAll(() => world.close());

const pulse = () => commitSaves(deps, signal);
const log = async () => (await git.git("log", "--format=%s", "main")).split("\n");
const show = (path: string) => git.git("show", `main:${path}`);
const idOf = new Map<string, { id: number; version: number }>();

test("a repository begins with all tables in one commit; without one nothing is kept for it", async () => {
  idOf.set("a", await save("a", "select 1 as one"));
  idOf.set("b", await save("b", "select one from d.a"));
  await pulse();
  expect(await deps.db.$count(outbox, eq(outbox.topic, "git"))).toBe(0);
  await changeSettings(deps, ann, {
    "git.url": git.url,
    "git.token": git.token,
    "network.allowed": "127.0.0.1",
  });
  await pulse();
  expect(await log()).toEqual(["Tables as they are in Maestro"]);
  expect(await show("tables/d/a.sql")).toBe("select 1 as one");
  expect(await show("tables/d/b.yaml")).toBe("kind: summary");
});

test("each save is a commit by its author, is named by its version, and changes the lines that changed", async () => {
  const { id } = idOf.get("a")!;
  const second = await save("a", "select\n  1 as one,\n  2 as two", { id, version: 1 });
  const third = await save("a", "select\n  1 as one,\n  3 as two", { id, version: second.version });
  idOf.set("a", third);
  await pulse();
  expect((await log()).slice(0, 2)).toEqual(["Save d.a", "Save d.a"]);
  expect(await git.git("log", "-1", "--format=%ae %an", "main")).toBe(
    "ann@example.com ann@example.com",
  );
  expect(await git.git("show", "--format=", "--unified=0", "main")).toMatch(
    /- {2}2 as two\n\+ {2}3 as two$/,
  );
  const versions = await listVersions(deps, id);
  const head = await git.git("rev-parse", "main");
  expect(versions[0]).toMatchObject({ version: 3, commit: { sha: head, url: null } });
});

test("while the repository is away saves wait, and come in their order when it is back", async () => {
  git.isAway = true;
  idOf.set("c", await save("c", "select 1 as c"));
  await pulse();
  const state = await gitState(deps);
  expect(state).toMatchObject({ isSetUp: true, waiting: 1 });
  expect(state.fault).toMatch(/cannot be reached/);
  expect(JSON.stringify(state)).not.toContain(git.token);
  git.isAway = false;
  await changeSettings(deps, ann, { "git.branch": "main" });
  await pulse();
  expect((await log())[0]).toBe("Save d.c");
  expect((await gitState(deps)).waiting).toBe(0);
});

test("a crash between the push and the note of it makes no second commit", async () => {
  const made = await save("e", "select 1 as e");
  const stop = new AbortController();
  git.afterPush = () => {
    git.afterPush = null;
    // The process ends here: the push was taken, and nobody heard.
    stop.abort();
  };
  await commitSaves(deps, stop.signal).catch(() => undefined);
  expect((await log())[0]).toBe("Save d.e");
  const before = (await log()).length;
  const [row] = await deps.db
    .select()
    .from(outbox)
    .where(eq(outbox.topic, "git"))
    .orderBy(outbox.id)
    .limit(1000)
    .then((rows) => rows.slice(-1));
  expect(row).toMatchObject({ deliveredAt: null });
  await pulse();
  await changeSettings(deps, ann, { "git.branch": "main" });
  await pulse();
  expect(await log()).toHaveLength(before);
  const head = await git.git("rev-parse", "main");
  expect((await listVersions(deps, made.id))[0]?.commit?.sha).toBe(head);
});

test("what others push is taken in by the same save, and is no new commit", async () => {
  await git.commit("Count", {
    "tables/d/a.sql": "select count(*) as n from d.c\n",
    "tables/d/f.sql": "select 5 as five\n",
    "tables/d/broken.yaml": "kind: summary\nfrequenzy: daily\n",
    "README.md": "Our tables\n",
  });
  const plan = await planSync(deps, none, ann);
  expect(plan.items).toEqual([
    {
      name: "d.a",
      action: "update",
      asks: true,
      detail: expect.stringMatching(/^query; could not check d\.\w+: .*the warehouse is away/),
    },
    { name: "d.broken", action: "refused", detail: expect.stringContaining("frequenzy") },
    { name: "d.f", action: "create", detail: "" },
  ]);
  const commits = (await log()).length;
  expect((await sync(deps, none, ann)).applied).toEqual(["d.a", "d.f"]);
  await pulse();
  expect(await log()).toHaveLength(commits);
  const [version] = await listVersions(deps, idOf.get("a")!.id);
  expect(version?.definition.query).toBe("select count(*) as n from d.c");
  expect(version?.commit?.sha).toBe(await git.git("rev-parse", "main"));
  idOf.set("a", { id: idOf.get("a")!.id, version: version!.version });
  await git.commit("Tidy up", { "tables/d/broken.yaml": null });
});

test("a table that was changed on both sides is a conflict, until somebody says which side holds", async () => {
  await git.commit("Theirs", { "tables/d/a.sql": "select 'theirs' as x\n" });
  idOf.set("a", await save("a", "select 'ours' as x", idOf.get("a")));
  await pulse();
  expect((await gitState(deps)).conflicts).toEqual(["d.a"]);
  expect(await show("tables/d/a.sql")).toBe("select 'theirs' as x");
  expect((await sync(deps, none, ann)).items).toMatchObject([{ name: "d.a", action: "conflict" }]);
  await sync(deps, { take: "catalog", names: ["d.a"] }, ann);
  await pulse();
  expect(await show("tables/d/a.sql")).toBe("select 'ours' as x");
  expect((await gitState(deps)).conflicts).toEqual([]);

  await git.commit("Theirs again", { "tables/d/a.sql": "select 'theirs' as x\n" });
  idOf.set("a", await save("a", "select 'ours too' as x", idOf.get("a")));
  await pulse();
  expect((await sync(deps, { take: "git", names: ["d.a"] }, ann)).applied).toEqual(["d.a"]);
  const [version] = await listVersions(deps, idOf.get("a")!.id);
  expect(version?.definition.query).toBe("select 'theirs' as x");
  expect((await gitState(deps)).conflicts).toEqual([]);
});

test("removed on one side is removed on the other", async () => {
  await removeTable(deps, idOf.get("c")!.id, ann).catch(() => undefined);
  const gone = await save("gone", "select 1 as g");
  await pulse();
  await removeTable(deps, gone.id, ann);
  await pulse();
  expect((await log())[0]).toBe("Remove d.gone");
  await git.commit("No five", { "tables/d/f.sql": null, "tables/d/f.yaml": null });
  expect((await sync(deps, none, ann)).items).toEqual([
    { name: "d.f", action: "remove", detail: "gone from the repository" },
  ]);
});

test("a signed push is taken in by the worker; one that is signed otherwise is refused", async () => {
  const secret = "a secret of sixteen";
  await changeSettings(deps, ann, { "git.webhookSecret": secret.replaceAll(" ", "-") });
  const server = await startTestServer(deps);
  try {
    await git.commit("By hook", { "tables/d/hooked.sql": "select 1 as h\n" });
    const body = JSON.stringify({ ref: "refs/heads/main" });
    const send = (key: string) =>
      fetch(`${server.url}/git/webhook`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-event": "push",
          "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
        },
        body,
      });
    expect((await send("another")).status).toBe(401);
    const odd = { "x-hub-signature-256": "\xe9".repeat(71), "content-type": "application/json" };
    const refused = await fetch(`${server.url}/git/webhook`, {
      method: "POST",
      headers: odd,
      body,
    });
    expect(refused.status).toBe(401);
    const answer = await send(secret.replaceAll(" ", "-"));
    expect(await answer.json()).toEqual({ taken: true });
    await pulse();
    expect((await planSync(deps, none, ann)).items).toEqual([]);
    expect((await log())[0]).toBe("By hook");
  } finally {
    await server.close();
  }
});

test("another host is not sent the token that is stored for this one", async () => {
  const changed = changeSettings(deps, ann, { "git.url": "https://git.example.com/x.git" });
  await expect(changed).rejects.toMatchObject({ code: "invalidInput", field: "git.token" });
});

test("credentials are in no file of the copy; addresses that are not public are refused unless allowed", async () => {
  for (const name of await readdir(folder, { recursive: true })) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    expect(text).not.toContain(git.token);
  }
  for (const url of [
    "file:///etc",
    "ext::sh -c id",
    "--upload-pack=id",
    "https://a:b@host/x.git",
    "http://host/x.git",
  ]) {
    await expect(changeSettings(deps, ann, { "git.url": url })).rejects.toMatchObject({
      code: "invalidInput",
    });
  }
  await changeSettings(deps, ann, { "network.allowed": null });
  await save("late", "select 1 as l");
  await pulse();
  expect((await gitState(deps)).fault).toMatch(/127\.0\.0\.1.* is not a public address/);
});
