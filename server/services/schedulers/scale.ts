import { MaestroError } from "../../../shared/errors.ts";
import type { ScaleRequest } from "../../../shared/scheduler-view.ts";
import type { Db } from "../../db/client.ts";
import {
  cancelOperations,
  insertOperation,
  lockScheduler,
  type SchedulerRow,
  updateSchedulerRow,
} from "../../db/schedulers.ts";
import { mostRoomsAtOnce } from "../../domain/autoscaling.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { fail } from "./require-scheduler.ts";
import { refuseTerminating } from "./update-scheduler.ts";

/**
 * Changes by hand how many rooms there shall be, within min and max; autoscaling goes on from there.
 * Throws `invalidInput` for a number that is out of them.
 */
export async function scale(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  request: ScaleRequest,
): Promise<{ id: number; replicas: number; operationId: number }> {
  const scaled = await deps.db.transaction(async (tx) => {
    const scheduler = (await lockScheduler(tx, name)) ?? fail(name);
    refuseTerminating(scheduler);
    const before = scheduler.desired ?? scheduler.specification.autoscaling.min;
    const replicas = wantedBy(request, before);
    checkBounds(scheduler, replicas, before);
    const operationId = await startScale(tx, actor, scheduler, before, replicas);
    return { id: scheduler.id, replicas, operationId };
  });
  deps.changes.publish({ noun: "scheduler", id: scaled.id });
  return scaled;
}

async function startScale(
  tx: Db,
  actor: Actor,
  { id, name }: SchedulerRow,
  before: number,
  replicas: number,
): Promise<number> {
  await cancelOperations(tx, id, ["scale"], `overtaken: ${replicas} rooms are wanted now`);
  await updateSchedulerRow(tx, id, { desired: replicas, isScaled: true });
  await recordChange(tx, actor, {
    action: "scheduler.scale",
    subjectKind: "scheduler",
    subjectId: id,
    detail: { name, before, replicas },
  });
  return insertOperation(tx, {
    schedulerId: id,
    kind: "scale",
    actor: actor.name,
    summary: `scale from ${before} to ${replicas}`,
  });
}

function wantedBy(request: ScaleRequest, before: number): number {
  const [field, number] = Object.entries(request)[0] ?? ["replicas", Number.NaN];
  const least = field === "replicas" ? 0 : 1;
  if (!Number.isInteger(number) || number < least) {
    throw new MaestroError("invalidInput", `${field} is a whole number from ${least}`, { field });
  }
  if ("scaleup" in request) return before + number;
  if ("scaledown" in request) return before - number;
  return number;
}

function checkBounds({ name, specification }: SchedulerRow, replicas: number, before: number) {
  const { min, max } = specification.autoscaling;
  if (Math.abs(replicas - before) > mostRoomsAtOnce) {
    throw new MaestroError(
      "invalidInput",
      `at most ${mostRoomsAtOnce} rooms start or end at a time, and from ${before} to ${replicas} they are more: go by steps`,
      { field: "replicas" },
    );
  }
  if (replicas >= min && (max === 0 || replicas <= max)) return;
  const bounds = max === 0 ? `at least ${min}` : `${min} to ${max}`;
  throw new MaestroError(
    "invalidInput",
    `${name} may have ${bounds} rooms, and ${replicas} is not: change autoscaling.min or max first`,
    { field: "replicas" },
  );
}
