import { MaestroError, messageOf } from "../../../shared/errors.ts";
import { tellSlack } from "../../db/outbox.ts";
import { storeTrouble, type TickingFrequency } from "../../db/ticks.ts";
import type { Deps } from "../deps.ts";

/**
 * Writes on a frequency that no run could be made of its tick, and why; with null, that it ticks
 * again. Once for each change, and so that people see it: a line of the log is read by nobody.
 */
export async function tellFrequencyTrouble(
  deps: Pick<Deps, "db" | "changes" | "log">,
  { id, name }: Pick<TickingFrequency, "id" | "name">,
  fault: { error: unknown } | null,
): Promise<void> {
  const text = fault && describe(fault.error);
  const written = await deps.db.transaction(async (tx) => {
    const turn = await storeTrouble(tx, id, text);
    if (turn?.isTurn && text !== null) {
      await tellSlack(tx, { kind: "frequencyTrouble", frequencyId: id, text });
    }
    return turn;
  });
  if (!written) return;
  if (fault) {
    deps.log.error({ frequencyId: id, err: fault.error, alert: "trouble" }, `${name}: ${text}`);
  } else deps.log.info({ frequencyId: id }, `${name} ticks again`);
  // Not of words that change with each look: this wakes the ticker.
  if (written.isTurn) deps.changes.publish({ noun: "frequency", id });
}

/** Not Drizzle's words, which are the whole statement, but PostgreSQL's. */
function describe(error: unknown): string {
  let at = error;
  while (!(at instanceof MaestroError) && at instanceof Error && at.cause) at = at.cause;
  return messageOf(at);
}
