import type { FrequencyView } from "../../../shared/frequency.ts";
import { type FrequencyRow, selectFrequencies } from "../../db/frequencies.ts";
import { nextTicks } from "../../domain/frequency.ts";
import type { Deps } from "../deps.ts";

const ticksShown = 3;

/** The shortest period first. One that is not active has no next ticks. */
export async function listFrequencies(deps: Pick<Deps, "db" | "now">): Promise<FrequencyView[]> {
  const rows = await selectFrequencies(deps.db);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    periodSeconds: row.periodSeconds,
    offsetSeconds: row.offsetSeconds,
    timeZone: row.timeZone,
    active: row.active,
    parentWaitSeconds: row.parentWaitSeconds,
    lateAfterSeconds: row.lateAfterSeconds,
    slackChannel: row.slackChannel,
    tableCount: row.tableCount,
    lastRun: row.lastRun,
    lastTick: row.lastTick,
    unfinishedRun: row.unfinishedRun,
    trouble: troubleOf(row),
    nextTicks: row.active
      ? nextTicks(row, deps.now(), ticksShown).map((tick) => tick.toISOString())
      : [],
  }));
}

/** Of one that is switched off nobody waits for a run. */
function troubleOf({
  active,
  trouble,
  troubleSince,
}: Pick<FrequencyRow, "active" | "trouble" | "troubleSince">): FrequencyView["trouble"] {
  if (!active || trouble === null || troubleSince === null) return null;
  return { text: trouble, since: troubleSince.toISOString() };
}
