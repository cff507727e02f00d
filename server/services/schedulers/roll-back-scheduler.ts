import { MaestroError } from "../../../shared/errors.ts";
import { readSpecification } from "../../../shared/scheduler-text.ts";
import { selectVersions } from "../../db/schedulers.ts";
import type { Actor } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { requireScheduler } from "./require-scheduler.ts";
import type { SchedulerChange } from "./scheduler-change.ts";
import { changeSpecification } from "./update-scheduler.ts";

/** Gives a scheduler the specification of an earlier version again, as its next one. */
export async function rollBackScheduler(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
  version: string,
): Promise<SchedulerChange> {
  const { id } = await requireScheduler(deps.db, name);
  const [earlier] = await selectVersions(deps.db, id, { limit: 1, version });
  if (!earlier) {
    throw new MaestroError("notFound", `${name} has no version ${version}: choose one of its own`, {
      field: "version",
    });
  }
  // What has been added to specifications since has its default.
  const specification = readSpecification(earlier.specification);
  return changeSpecification(deps, actor, name, () => specification);
}
