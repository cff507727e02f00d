import { MaestroError } from "../../../shared/errors.ts";
import { countFrequencyUses, deleteFrequency, lockFrequency } from "../../db/frequencies.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Refused while tables are on it, and once it has run: its runs would lose their name. */
export async function removeFrequency(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<{ id: number }> {
  await deps.db.transaction(async (tx) => {
    const frequency = await lockFrequency(tx, id);
    if (!frequency) throw new MaestroError("notFound", `there is no frequency with id ${id}`);
    const { name } = frequency;
    const uses = await countFrequencyUses(tx, id);
    if (uses.tables > 0) {
      const message = `${uses.tables} tables are on ${name}: give them another frequency first`;
      throw new MaestroError("conflict", message);
    }
    if (uses.runs > 0) {
      const message = `${name} has made ${uses.runs} runs: switch it off, and their history stays`;
      throw new MaestroError("conflict", message);
    }
    await deleteFrequency(tx, id);
    await recordChange(tx, actor, {
      action: "frequency.remove",
      subjectKind: "frequency",
      subjectId: id,
      detail: { name },
    });
  });
  deps.changes.publish({ noun: "frequency", id });
  return { id };
}
