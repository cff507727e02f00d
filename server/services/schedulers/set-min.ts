import { readSpecification } from "../../../shared/scheduler-text.ts";
import type { Actor } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import type { SchedulerChange } from "./scheduler-change.ts";
import { changeSpecification } from "./update-scheduler.ts";

/** A minor update of the least number of rooms alone. */
export function setMin(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  min: number,
): Promise<SchedulerChange> {
  return changeSpecification(deps, actor, name, (before) =>
    readSpecification({ ...before, autoscaling: { ...before.autoscaling, min } }),
  );
}
