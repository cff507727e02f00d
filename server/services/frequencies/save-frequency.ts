import { MaestroError } from "../../../shared/errors.ts";
import type { FrequencyInput } from "../../../shared/frequency.ts";
import type { Db } from "../../db/client.ts";
import { violatedConstraint } from "../../db/constraint.ts";
import {
  type FrequencyRow,
  insertFrequency,
  lockFrequency,
  updateFrequencyRow,
} from "../../db/frequencies.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Makes a frequency; its first tick is the first after now. */
export async function createFrequency(
  deps: Pick<Deps, "db" | "changes">,
  input: FrequencyInput,
  actor: Actor,
): Promise<{ id: number }> {
  const id = await withUniqueName(deps.db, input.name, async (tx) => {
    const made = await insertFrequency(tx, input);
    await recordChange(tx, actor, {
      action: "frequency.create",
      subjectKind: "frequency",
      subjectId: made,
      detail: { ...input },
    });
    return made;
  });
  deps.changes.publish({ noun: "frequency", id });
  return { id };
}

/** A change of the schedule, or switching it on, makes no tick of the past a missed one. */
export async function updateFrequency(
  deps: Pick<Deps, "db" | "changes">,
  { id, ...input }: FrequencyInput & { id: number },
  actor: Actor,
): Promise<{ id: number }> {
  await withUniqueName(deps.db, input.name, async (tx) => {
    const before = await lockFrequency(tx, id);
    if (!before) throw new MaestroError("notFound", `there is no frequency with id ${id}`);
    await updateFrequencyRow(tx, id, input, startsAnew(before, input));
    await recordChange(tx, actor, {
      action: "frequency.update",
      subjectKind: "frequency",
      subjectId: id,
      detail: { ...input },
    });
  });
  deps.changes.publish({ noun: "frequency", id });
  return { id };
}

function startsAnew(before: FrequencyRow, after: FrequencyInput): boolean {
  return (
    before.periodSeconds !== after.periodSeconds ||
    before.offsetSeconds !== after.offsetSeconds ||
    before.timeZone !== after.timeZone ||
    (after.active && !before.active)
  );
}

async function withUniqueName<T>(db: Db, name: string, body: (tx: Db) => Promise<T>): Promise<T> {
  try {
    return await db.transaction(body);
  } catch (cause) {
    if (violatedConstraint(cause) !== "frequencies_name_unique") throw cause;
    const message = `there is a frequency called ${name} already: choose another name`;
    throw new MaestroError("conflict", message, { field: "name", cause });
  }
}
