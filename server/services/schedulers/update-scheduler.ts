import { MaestroError } from "../../../shared/errors.ts";
import { compareSpecifications, type Specification } from "../../../shared/scheduler.ts";
import { readSpecification } from "../../../shared/scheduler-text.ts";
import type { Db } from "../../db/client.ts";
import {
  cancelOperations,
  insertOperation,
  insertVersion,
  lockScheduler,
  type SchedulerRow,
} from "../../db/schedulers.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { fail } from "./require-scheduler.ts";
import type { SchedulerChange } from "./scheduler-change.ts";

/**
 * Gives a scheduler another specification, which becomes its next version. A minor change takes
 * effect with the watcher's next look; a major one replaces the rooms, and an update that is under way is
 * overtaken: should the new one fail, its rooms go back to what that one came from.
 */
export async function updateScheduler(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  given: unknown,
  /** That it was made from, such as `2.1`: what others changed meanwhile is not overwritten. */
  from?: string,
): Promise<SchedulerChange> {
  const specification = readSpecification(given);
  if (specification.name !== name) {
    throw new MaestroError(
      "invalidInput",
      `a scheduler keeps its name: this one is called ${name} and not ${specification.name}`,
      { field: "name" },
    );
  }
  return changeSpecification(deps, actor, name, () => specification, from);
}

/** The same for a change of what is there. */
export async function changeSpecification(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  change: (before: Specification) => Specification,
  from?: string,
): Promise<SchedulerChange> {
  const changed = await deps.db.transaction(async (tx) => {
    const scheduler = (await lockScheduler(tx, name)) ?? fail(name);
    refuseTerminating(scheduler);
    refuseOverwriting(scheduler, from);
    const after = change(scheduler.specification);
    return storeChange(tx, actor, scheduler, after);
  });
  if (changed.change !== "none") deps.changes.publish({ noun: "scheduler", id: changed.id });
  return changed;
}

export function refuseTerminating({ name, state }: Pick<SchedulerRow, "name" | "state">): void {
  if (state !== "terminating") return;
  throw new MaestroError(
    "conflict",
    `${name} is being deleted: nothing of it can be changed any more`,
  );
}

function refuseOverwriting({ name, major, minor }: SchedulerRow, from: string | undefined): void {
  const version = `${major}.${minor}`;
  if (from === undefined || from === version) return;
  throw new MaestroError(
    "conflict",
    `${name} is version ${version} by now, and this was made from ${from}: look at what was changed meanwhile, and change it anew`,
  );
}

async function storeChange(
  tx: Db,
  actor: Actor,
  scheduler: SchedulerRow,
  after: Specification,
): Promise<SchedulerChange> {
  const { id, name } = scheduler;
  const { change, fields } = compareSpecifications(scheduler.specification, after);
  if (change === "none") {
    const version = `${scheduler.major}.${scheduler.minor}`;
    return { id, name, version, change, operationId: null };
  }
  const { major, minor } = await insertVersion(tx, id, {
    specification: after,
    change,
    actor: actor.name,
  });
  const version = `${major}.${minor}`;
  const operationId =
    change === "major" ? await startUpdate(tx, actor, scheduler, { version, fields }) : null;
  await recordChange(tx, actor, {
    action: "scheduler.update",
    subjectKind: "scheduler",
    subjectId: id,
    detail: { name, version, fields },
  });
  return { id, name, version, change, operationId };
}

async function startUpdate(
  tx: Db,
  actor: Actor,
  scheduler: SchedulerRow,
  { version, fields }: { version: string; fields: string[] },
): Promise<number> {
  const overtaken = await cancelOperations(
    tx,
    scheduler.id,
    ["update"],
    `overtaken by version ${version}`,
  );
  return insertOperation(tx, {
    schedulerId: scheduler.id,
    kind: "update",
    actor: actor.name,
    summary: `update to ${version}: ${fields.join(", ")}`,
    fromVersion: overtaken ?? scheduler.version,
  });
}
