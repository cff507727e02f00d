import { afterAll, beforeAll, expect, test } from "vitest";
import { listVersions } from "../../../server/services/catalog/list-versions.ts";
import { removeTable } from "../../../server/services/catalog/remove-table.ts";
import { findCurrentTable } from "../../../server/services/files/get-file.ts";
import { askPull, gitState, planSync, sync } from "../../../server/services/git/sync.ts";
import { type ConnectedWorld, startConnectedWorld } from "./support.ts";

let world: ConnectedWorld;
let deps: ConnectedWorld["deps"];
let git: ConnectedWorld["git"];
let ann: ConnectedWorld["ann"];
let save: ConnectedWorld["save"];
let pulse: ConnectedWorld["pulse"];
let show: ConnectedWorld["show"];

const none = { take: null, names: [] };

beforeAll(async () => {
  world = await startConnectedWorld();
  ({ deps, git, ann, save, pulse, show } = world);
});

afterAll(() => world.close());

test("a branch that is gone or emptied removes nothing, and neither does a push that many are gone in", async () => {
  const names = ["m1", "m2", "m3", "m4", "m5", "m6"];
  await save("stays", "select 0 as x");
  for (const name of names) await save(name, `select '${name}' as x`);
  await pulse();
  const head = await git.git("rev-parse", "main");
  const live = () =>
    Promise.all(names.map((name) => findCurrentTable(deps.db, { dataset: "d", name })));

  const files = Object.fromEntries(
    names.flatMap((m) => [
      [`tables/d/${m}.sql`, null],
      [`tables/d/${m}.yaml`, null],
    ]),
  );
  await git.commit("Many gone", files);
  await askPull(deps);
  await pulse();
  expect(await live()).not.toContain(null);
  expect((await gitState(deps)).fault).toMatch(/d\.m1: gone from the repository.*and 5 more/);
  const plan = await planSync(deps, none, ann);
  expect(plan.items.filter(({ action }) => action === "remove")).toHaveLength(6);
  await expect(sync(deps, { ...none, head }, ann)).rejects.toMatchObject({ code: "conflict" });

  await git.git("update-ref", "refs/heads/kept", head);
  await git.git("update-ref", "-d", "refs/heads/main");
  await expect(sync(deps, none, ann)).rejects.toThrow(
    /main is gone from the repository.*nothing is removed/,
  );
  await askPull(deps);
  await pulse();
  expect(await live()).not.toContain(null);
  await git.git("update-ref", "refs/heads/main", head);
  await askPull(deps);
  await pulse();
  expect(await gitState(deps)).toMatchObject({ fault: null, conflicts: [] });
}, 60_000);

test("what the catalog is taken for is never saved or removed there, and is committed over what was seen", async () => {
  const kept = await save("kept", "select 'ours' as x");
  await pulse();
  await git.commit("Theirs", { "tables/d/kept.sql": "select 'theirs' as x\n" });
  const take = { take: "catalog" as const, names: ["d.kept"] };
  await expect(sync(deps, { ...take, names: ["d.nobody"] }, ann)).rejects.toMatchObject({
    code: "invalidInput",
  });
  expect((await sync(deps, take, ann)).applied).toEqual([]);
  await git.commit("Theirs anew", { "tables/d/kept.sql": "select 'unseen' as x\n" });
  await askPull(deps);
  await pulse();
  expect(await show("tables/d/kept.sql")).toBe("select 'unseen' as x");
  expect((await gitState(deps)).conflicts).toEqual(["d.kept"]);
  await git.commit("Gone", { "tables/d/kept.sql": null, "tables/d/kept.yaml": null });
  await sync(deps, take, ann);
  await pulse();
  expect(await show("tables/d/kept.sql")).toBe("select 'ours' as x");
  expect((await listVersions(deps, kept.id))[0]?.version).toBe(1);
  expect((await gitState(deps)).conflicts).toEqual([]);
});

test("a table that was made anew or renamed overwrites nobody's files, and nobody's push overwrites it", async () => {
  const first = await save("anew", "select 1 as x");
  const moved = await save("moved", "select 2 as x");
  await pulse();
  await git.commit("Theirs", {
    "tables/d/anew.sql": "select 'theirs' as x\n",
    "tables/d/target.sql": "select 'their own' as x\n",
  });
  await removeTable(deps, first.id, ann);
  await save("anew", "select 'anew' as x");
  await save("target", "select 2 as x", { id: moved.id, version: 1 });
  await askPull(deps);
  await pulse();
  expect(await show("tables/d/anew.sql")).toBe("select 'theirs' as x");
  expect(await show("tables/d/target.sql")).toBe("select 'their own' as x");
  const anew = await findCurrentTable(deps.db, { dataset: "d", name: "anew" });
  expect(anew?.definition.query).toBe("select 'anew' as x");
  await sync(deps, { take: "catalog", names: ["d.anew", "d.target"] }, ann);
  await pulse();
  expect(await show("tables/d/anew.sql")).toBe("select 'anew' as x");
  expect(await show("tables/d/target.sql")).toBe("select 2 as x");
  await expect(show("tables/d/moved.sql")).rejects.toThrow();
});
