import { MaestroError } from "../../../shared/errors.ts";
import { readSpecification } from "../../../shared/scheduler-text.ts";
import { violatedConstraint } from "../../db/constraint.ts";
import { insertOperation, insertScheduler, insertVersion } from "../../db/schedulers.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import type { SchedulerChange } from "./scheduler-change.ts";

/** Makes a scheduler of a specification, as YAML, JSON or what was read from them; its watcher brings its rooms up. */
export async function createScheduler(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  given: unknown,
): Promise<SchedulerChange> {
  const specification = readSpecification(given);
  const { name } = specification;
  try {
    const made = await deps.db.transaction(async (tx) => {
      const id = await insertScheduler(tx, name);
      const { major, minor } = await insertVersion(tx, id, {
        specification,
        change: "first",
        actor: actor.name,
      });
      const operationId = await insertOperation(tx, {
        schedulerId: id,
        kind: "create",
        actor: actor.name,
        summary: `create ${name}`,
      });
      await recordChange(tx, actor, {
        action: "scheduler.create",
        subjectKind: "scheduler",
        subjectId: id,
        detail: { name },
      });
      return { id, name, version: `${major}.${minor}`, change: "major" as const, operationId };
    });
    deps.changes.publish({ noun: "scheduler", id: made.id });
    return made;
  } catch (cause) {
    if (violatedConstraint(cause) !== "schedulers_name_unique") throw cause;
    const message = `there is a scheduler called ${name} already: update it, or choose another name`;
    throw new MaestroError("conflict", message, { field: "name", cause });
  }
}
