import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  schedulerOperations,
  schedulers,
  schedulerVersions,
} from "../../../drizzle/schema/schedulers.ts";
import { auditLog } from "../../../drizzle/schema/users.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../../server/services/schedulers/delete-scheduler.ts";
import {
  ensureTransferRooms,
  keepTransferRooms,
} from "../../../server/services/schedulers/ensure-transfer-rooms.ts";
import { getScheduler } from "../../../server/services/schedulers/get-scheduler.ts";
import { listOperations } from "../../../server/services/schedulers/list-operations.ts";
import { listSchedulers } from "../../../server/services/schedulers/list-schedulers.ts";
import { scale } from "../../../server/services/schedulers/scale.ts";
import { setImage } from "../../../server/services/schedulers/set-image.ts";
import { setMin } from "../../../server/services/schedulers/set-min.ts";
import { updateScheduler } from "../../../server/services/schedulers/update-scheduler.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

let deps: SchedulerDeps;
beforeAll(async () => {
  deps = await openSchedulerDeps();
});
afterAll(() => deps.close());

const specification = (name: string, more: object = {}) => ({ name, cmd: ["true"], ...more });

test("versions count majors and minors, and what changes nothing makes none", async () => {
  const made = await createScheduler(deps, actor, specification("versions"));
  expect(made).toMatchObject({ name: "versions", version: "1.0" });
  const update = (more: object) =>
    updateScheduler(deps, actor, "versions", specification("versions", more));
  expect(await update({})).toMatchObject({ change: "none", version: "1.0", operationId: null });
  expect(await update({ maxSurge: 50 })).toMatchObject({ change: "minor", version: "1.1" });
  expect(await update({ cmd: ["false"] })).toMatchObject({ change: "major", version: "2.0" });
  expect(await setMin(deps, actor, "versions", 4)).toMatchObject({
    change: "minor",
    version: "2.1",
  });
  expect(await setImage(deps, actor, "versions", "acme/scorer:2")).toMatchObject({
    version: "3.0",
  });
  const view = await getScheduler(deps, "versions");
  expect(view).toMatchObject({ state: "creating", version: "3.0", rooms: {}, desired: null });
  expect(view.specification).toMatchObject({ image: "acme/scorer:2", cmd: ["false"] });
  const kept = await deps.db.$count(schedulerVersions, eq(schedulerVersions.schedulerId, made.id));
  expect(kept).toBe(5);
});

test("an update that is overtaken leaves what it came from to go back to", async () => {
  const { id } = await createScheduler(deps, actor, specification("overtaken"));
  for (const cmd of ["b", "c"]) {
    await updateScheduler(deps, actor, "overtaken", specification("overtaken", { cmd: [cmd] }));
  }
  const operations = await listOperations(deps, "overtaken");
  expect(operations.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    "update pending",
    "update cancelled",
    "create pending",
  ]);
  expect(operations[1]?.reason).toBe("overtaken by version 3.0");
  const [newest] = await deps.db
    .select()
    .from(schedulerOperations)
    .where(eq(schedulerOperations.id, operations[0]!.id));
  expect(newest).toMatchObject({ schedulerId: id, fromVersion: 1 });
});

test("scaling by hand keeps to min and max", async () => {
  await createScheduler(deps, actor, specification("scaled", { autoscaling: { min: 2, max: 6 } }));
  expect(await scale(deps, actor, "scaled", { replicas: 5 })).toMatchObject({ replicas: 5 });
  expect(await scale(deps, actor, "scaled", { scaledown: 2 })).toMatchObject({ replicas: 3 });
  expect(await scale(deps, actor, "scaled", { scaleup: 1 })).toMatchObject({ replicas: 4 });
  await expect(scale(deps, actor, "scaled", { replicas: 7 })).rejects.toThrow(
    "scaled may have 2 to 6 rooms, and 7 is not",
  );
  await expect(scale(deps, actor, "scaled", { scaledown: 3 })).rejects.toThrow("and 1 is not");
  await expect(scale(deps, actor, "scaled", { scaleup: 0.5 })).rejects.toThrow("a whole number");
  expect((await getScheduler(deps, "scaled")).desired).toBe(4);
});

test("what is being deleted takes no change, and deleting it again is tried again", async () => {
  await createScheduler(deps, actor, specification("deleted"));
  await deleteScheduler(deps, actor, "deleted");
  await expect(setMin(deps, actor, "deleted", 3)).rejects.toThrow("deleted is being deleted");
  await expect(scale(deps, actor, "deleted", { replicas: 3 })).rejects.toThrow("is being deleted");
  await deleteScheduler(deps, actor, "deleted");
  const kinds = (await listOperations(deps, "deleted")).map(
    ({ kind, state }) => `${kind} ${state}`,
  );
  expect(kinds).toEqual(["delete pending", "delete cancelled", "create cancelled"]);
  expect(await getScheduler(deps, "deleted")).toMatchObject({ state: "terminating" });
});

test("a specification that was made from an older version overwrites no newer one", async () => {
  await createScheduler(deps, actor, specification("edited", { image: "acme/a:1" }));
  const edit = (from: string) =>
    updateScheduler(deps, actor, "edited", specification("edited", { maxSurge: 50 }), from);
  await setImage(deps, actor, "edited", "acme/a:2");
  await expect(edit("1.0")).rejects.toThrow("edited is version 2.0 by now, and this was made from");
  expect((await getScheduler(deps, "edited")).specification.image).toBe("acme/a:2");
  expect((await edit("2.0")).change).toBe("major");
});

test("wrong names and runtimes are told", async () => {
  await createScheduler(deps, actor, specification("taken"));
  await expect(createScheduler(deps, actor, specification("taken"))).rejects.toThrow(
    "there is a scheduler called taken already",
  );
  await expect(updateScheduler(deps, actor, "taken", specification("other"))).rejects.toThrow(
    "a scheduler keeps its name",
  );
  await expect(getScheduler(deps, "nobody")).rejects.toThrow("there is no scheduler called nobody");
  const pods = { name: "pods", runtime: "kubernetes" };
  await expect(createScheduler(deps, actor, pods)).rejects.toThrow("needs an image");
});

test("the rooms of transfers are as the worker is told, and other bounds restart none", async () => {
  const bounds = { min: 0, max: 4 };
  // Workers that start at the same time.
  const starts = [1, 2, 3].map(() => ensureTransferRooms(deps, bounds));
  await Promise.all(starts);
  await ensureTransferRooms(deps, bounds);
  const made = await getScheduler(deps, "maestro-transfers");
  expect(made).toMatchObject({ version: "1.0", specification: { cmd: ["maestro", "room"] } });
  await ensureTransferRooms(deps, { min: 1, max: 4 });
  expect(await getScheduler(deps, "maestro-transfers")).toMatchObject({ version: "1.1" });
  await expect(ensureTransferRooms(deps, { min: 5, max: 4 })).rejects.toThrow("above max");

  // Who deletes it does so for as long as its rooms need to end.
  await deps.db.delete(schedulers).where(eq(schedulers.name, "maestro-transfers"));
  await keepTransferRooms(deps, null);
  await expect(getScheduler(deps, "maestro-transfers")).rejects.toThrow("no scheduler called");
  await keepTransferRooms(deps, bounds);
  await keepTransferRooms(deps, { min: 2, max: 9 });
  expect(await getScheduler(deps, "maestro-transfers")).toMatchObject({
    version: "1.0",
    specification: { autoscaling: { min: 0, max: 4 } },
  });
});

test("they are listed by name, and every change is in the audit log", async () => {
  const names = (await listSchedulers(deps)).map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  const actions = new Set((await deps.db.select().from(auditLog)).map(({ action }) => action));
  expect(actions).toEqual(
    new Set(["create", "update", "scale", "delete"].map((verb) => `scheduler.${verb}`)),
  );
});
