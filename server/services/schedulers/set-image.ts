import { readSpecification } from "../../../shared/scheduler-text.ts";
import type { Actor } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import type { SchedulerChange } from "./scheduler-change.ts";
import { changeSpecification } from "./update-scheduler.ts";

/** A major update of the image alone. */
export function setImage(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  image: string,
): Promise<SchedulerChange> {
  return changeSpecification(deps, actor, name, (before) =>
    readSpecification({ ...before, image }),
  );
}
