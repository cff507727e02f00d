import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gitBranches, tableVersions } from "../../../drizzle/schema/tables.ts";
import { outbox } from "../../../drizzle/schema/transfers.ts";
import { listVersions } from "../../../server/services/catalog/list-versions.ts";
import { updateTable } from "../../../server/services/catalog/save-table.ts";
import { findCurrentTable } from "../../../server/services/files/get-file.ts";
import { commitSaves } from "../../../server/services/git/commit-saves.ts";
import { askPull, gitState, planSync, sync } from "../../../server/services/git/sync.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { type ConnectedWorld, startConnectedWorld } from "./support.ts";

let world: ConnectedWorld;
let deps: ConnectedWorld["deps"];
let git: ConnectedWorld["git"];
let ann: ConnectedWorld["ann"];
let save: ConnectedWorld["save"];
let pulse: ConnectedWorld["pulse"];
let show: ConnectedWorld["show"];

const none = { take: null, names: [] };
const head = () => git.git("rev-parse", "main");
const current = (name: string) => findCurrentTable(deps.db, { dataset: "d", name });
/** As an admin does who has mended something. */
const again = () => changeSettings(deps, ann, { "git.branch": "main" });

beforeAll(async () => {
  world = await startConnectedWorld();
  ({ deps, git, ann, save, pulse, show } = world);
});

afterAll(() => world.close());

test("a version that cannot be written is named, and those after it are committed", async () => {
  const old = await save("old", "select 1 as x");
  await save("good", "select 2 as x");
  const broken = sql`jsonb_set(${tableVersions.definition}, '{retries}', '"often"')`;
  await deps.db
    .update(tableVersions)
    .set({ definition: broken })
    .where(eq(tableVersions.tableId, old.id));
  await pulse();
  expect(await show("tables/d/good.sql")).toBe("select 2 as x");
  const why = expect.stringContaining("cannot be read: retries");
  expect(await gitState(deps)).toMatchObject({
    waiting: 0,
    fault: null,
    refused: [{ name: "d.old", version: 1, why }],
  });
  expect((await listVersions(deps, old.id))[0]).toMatchObject({ commit: null, commitFault: why });
  await pulse();
  expect(await deps.db.$count(outbox, eq(outbox.topic, "git"))).toBe(2);
  await save("old", "select 3 as x", { id: old.id, version: 1 });
  await pulse();
  expect(await show("tables/d/old.sql")).toBe("select 3 as x");
  expect((await gitState(deps)).refused).toEqual([]);
});

test("a commit that the server refuses is named, and the others are pushed without it", async () => {
  await git.hook(
    'read -r before after ref; if git grep -q forbidden "$after" -- tables; then echo "no forbidden words"; exit 1; fi',
  );
  const first = await save("w1", "select 'forbidden' as x");
  await save("w2", "select 2 as x");
  const third = await save("w3", "select 'forbidden' as y");
  await save("w4", "select 4 as x");
  await pulse();
  expect(await show("tables/d/w2.sql")).toBe("select 2 as x");
  expect(await show("tables/d/w4.sql")).toBe("select 4 as x");
  const { refused, waiting } = await gitState(deps);
  expect(waiting).toBe(0);
  expect(refused).toEqual(
    ["d.w1", "d.w3"].map((name) => ({
      name,
      version: 1,
      why: expect.stringContaining("no forbidden words"),
    })),
  );
  expect((await listVersions(deps, third.id))[0]?.commitFault).toBe(
    "the repository does not take it: refs/heads/main [remote rejected] (pre-receive hook declined) no forbidden words",
  );

  // Alone it may be the branch that is closed: it waits, by name, and is no obstacle to the next.
  await git.hook("echo closed; exit 1");
  await save("w1", "select 'still' as x", { id: first.id, version: 1 });
  await pulse();
  expect(await gitState(deps)).toMatchObject({
    waiting: 1,
    fault: expect.stringMatching(/^d\.w1, version 2: .*closed/),
  });
  await git.hook(null);
  await again();
  await pulse();
  expect(await show("tables/d/w1.sql")).toBe("select 'still' as x");
  // What was given up is tried again too.
  expect(await show("tables/d/w3.sql")).toBe("select 'forbidden' as y");
  expect(await gitState(deps)).toMatchObject({ refused: [], waiting: 0, fault: null });
  expect((await listVersions(deps, third.id))[0]).toMatchObject({
    commit: { sha: expect.any(String) },
    commitFault: null,
  });
});

test("however many are refused before one that is taken, and whatever is said of them, it is taken", async () => {
  const said =
    "error: GH013: Repository rule violations found for refs/heads/main. Push cannot contain secrets, see not found";
  await git.hook(
    `read -r before after ref; if git grep -q credential "$after" -- tables; then echo "${said}"; exit 1; fi`,
  );
  for (const name of ["s1", "s2", "s3"]) await save(name, `select 'credential' as ${name}`);
  await save("sound", "select 1 as x");
  await pulse();
  expect(await gitState(deps)).toMatchObject({ waiting: 0, fault: null });
  expect(await show("tables/d/sound.sql")).toBe("select 1 as x");
  expect((await gitState(deps)).refused.map(({ name }) => name)).toEqual(
    ["s1", "s2", "s3"].map((name) => `d.${name}`),
  );
  await git.hook(null);
  await again();
  await pulse();
  expect((await gitState(deps)).refused).toEqual([]);
});

test("locks and unfinished packs of a process that was killed hinder nothing, nor does a damaged copy", async () => {
  const copy = async () => join(world.folder, (await world.copies())[0] ?? "");
  for (const name of ["HEAD.lock", "refs/maestro/head.lock", "packed-refs.lock"]) {
    await writeFile(join(await copy(), name), "");
  }
  await writeFile(join(await copy(), "objects/pack/tmp_pack_abc"), "half");
  await save("after", "select 1 as x");
  await pulse();
  expect(await show("tables/d/after.sql")).toBe("select 1 as x");
  const ref = join(await copy(), "refs/maestro/head");
  const sha = (await readFile(ref, "utf8")).trim();
  await git.commit("Theirs", { "README.md": "moved on\n" });
  const object = join(await copy(), "objects", sha.slice(0, 2), sha.slice(2));
  await writeFile(object, "", { mode: 0o644 }).catch(() => undefined);
  await save("after2", "select 2 as x");
  await pulse();
  expect(await show("tables/d/after2.sql")).toBe("select 2 as x");
});

test("a process without a repository drops nothing that another's is waiting for", async () => {
  await save("kept", "select 1 as x");
  const elsewhere = { ...deps, givenSettings: { ...deps.givenSettings } };
  await changeSettings(deps, ann, { "git.url": null });
  await commitSaves(elsewhere, new AbortController().signal);
  await changeSettings(deps, ann, { "git.url": git.url, "git.token": git.token });
  expect((await gitState(deps)).waiting).toBe(1);
  await pulse();
  expect((await git.git("log", "-1", "--format=%s", "main")).trim()).toBe("Save d.kept");
  await changeSettings(deps, ann, { "git.url": null });
  await save("late", "select 1 as x");
  await deps.db.update(gitBranches).set({ seenAt: new Date("2020-01-01") });
  await pulse();
  const open = and(eq(outbox.topic, "git"), sql`coalesce(delivered_at, given_up_at) is null`);
  expect(await deps.db.$count(outbox, open)).toBe(0);
  await changeSettings(deps, ann, { "git.url": git.url, "git.token": git.token });
  await pulse();
});

test("addresses of notifications are hidden in the repository, and come back whole", async () => {
  const made = await save("told", "select 1 as x");
  const { definition } = (await current("told"))!;
  const secret = "https://hooks.example.com/services/T00/secret?key=also";
  const urls = [secret, "https://plain.example.com"];
  const saved = { id: made.id, version: 1, definition: { ...definition, notifyUrls: urls } };
  await updateTable(deps, saved, ann);
  await pulse();
  const text = await show("tables/d/told.yaml");
  expect(text).toContain("- https://hooks.example.com/[hidden]\n  - https://plain.example.com");
  await git.commit("Ours", {
    "tables/d/told.sql": "select 2 as x\n",
    "tables/d/told.yaml": `${text}\nretries: 1\n`,
  });
  expect((await sync(deps, none, ann)).applied).toEqual(["d.told"]);
  expect((await current("told"))?.definition).toMatchObject({ notifyUrls: urls, retries: 1 });
  await git.commit("Another", {
    "tables/d/told.yaml": text.replace("plain.example.com", "plain.example.com/[hidden]"),
  });
  const { items } = await planSync(deps, none, ann);
  expect(items).toEqual([
    { name: "d.told", action: "refused", detail: expect.stringContaining("write the addresses") },
  ]);
  // Whole, it is an address like any other, and another one.
  await git.commit("Whole", {
    "tables/d/told.yaml": text.replace(
      "https://hooks.example.com/[hidden]",
      "https://hooks.example.com/new",
    ),
  });
  expect((await sync(deps, none, ann)).applied).toEqual(["d.told"]);
  expect((await current("told"))?.definition.notifyUrls[0]).toBe("https://hooks.example.com/new");
  // A file that was renamed is of a table that has no address yet: the other is not removed for it.
  await git.commit("Rename", {
    "tables/d/told.sql": null,
    "tables/d/told.yaml": null,
    "tables/d/renamed.sql": "select 2 as x\n",
    "tables/d/renamed.yaml": text,
  });
  await askPull(deps);
  await pulse();
  expect((await gitState(deps)).fault).toMatch(/d\.renamed: .*write the addresses out.*and 1 more/);
  expect(await current("told")).not.toBeNull();
  await git.commit("Whole again", {
    "tables/d/renamed.yaml": text.replace("com/[hidden]", "com/its-own"),
  });
  await askPull(deps);
  await pulse();
  expect(await current("told")).toBeNull();
  expect((await current("renamed"))?.definition.notifyUrls[0]).toContain("its-own");
});

test("a rewritten history is told, and takes nothing from the catalog that it has lost", async () => {
  await save("fresh", "select 1 as x");
  const kept = await save("edited", "select 'before' as x");
  await pulse();
  const before = await head();
  await save("edited", "select 'after' as x", { id: kept.id, version: 1 });
  await save("newest", "select 1 as x");
  await pulse();
  const lost = await head();
  await git.git("update-ref", "refs/heads/main", before);
  await git.commit("Instead", { "tables/d/fresh.sql": "select 'theirs' as x\n" });
  await askPull(deps);
  await pulse();
  expect((await current("edited"))?.definition.query).toBe("select 'after' as x");
  expect(await current("newest")).not.toBeNull();
  // What the branch has not lost is taken as from any push.
  expect((await current("fresh"))?.definition.query).toBe("select 'theirs' as x");
  expect(await gitState(deps)).toMatchObject({
    rewrittenFrom: lost,
    conflicts: ["d.edited", "d.newest"],
  });
  expect((await sync(deps, none, ann)).items).toEqual([
    { name: "d.edited", action: "conflict", detail: expect.stringContaining("query") },
    { name: "d.newest", action: "conflict", detail: expect.stringContaining("gone from") },
  ]);
  expect(await gitState(deps)).toMatchObject({ rewrittenFrom: null });
  await sync(deps, { take: "catalog", names: ["d.edited", "d.newest"] }, ann);
  await pulse();
  expect(await show("tables/d/edited.sql")).toBe("select 'after' as x");
  expect(await show("tables/d/newest.sql")).toBe("select 1 as x");
  expect((await gitState(deps)).conflicts).toEqual([]);
});
