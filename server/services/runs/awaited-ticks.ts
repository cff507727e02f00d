import type { AwaitedTick } from "../../../shared/run.ts";
import type { Db } from "../../db/client.ts";
import type { FrequencyRow } from "../../db/frequencies.ts";
import { type ParentFrequency, selectFrequenciesOf } from "../../db/run-assembly.ts";
import { conditionsHold } from "../../domain/condition.ts";
import { tickAt, wallTimeOfTick } from "../../domain/frequency.ts";

/**
 * For each child, the ticks of other frequencies that its parents there must have finished: the last
 * at or before this tick. A parent without a frequency, or whose frequency is switched off or began
 * later, is taken as it is; so is one that its conditions keep out of that tick.
 */
export async function awaitedTicks(
  tx: Db,
  tick: { at: Date; frequency: FrequencyRow },
  edges: [parent: number, child: number][],
): Promise<Map<number, AwaitedTick[]>> {
  const awaits = new Map<number, AwaitedTick[]>();
  if (edges.length === 0) return awaits;
  const parentIds = [...new Set(edges.map(([parent]) => parent))];
  const parents = new Map(
    (await selectFrequenciesOf(tx, parentIds)).map((each) => [each.tableId, each]),
  );
  for (const [parentId, childId] of edges) {
    const parent = parents.get(parentId);
    if (!parent || parent.frequency.id === tick.frequency.id) continue;
    const at = tickAt(parent.frequency, tick.at);
    if (at < parent.frequency.effectiveFrom || isKeptOut(parent, at)) continue;
    const list = awaits.get(childId) ?? [];
    list.push({
      tableId: parentId,
      tableName: parent.tableName,
      frequencyId: parent.frequency.id,
      tickAt: at.toISOString(),
    });
    awaits.set(childId, list);
  }
  return awaits;
}

function isKeptOut(parent: ParentFrequency, at: Date): boolean {
  const wall = wallTimeOfTick(parent.frequency, at);
  return !conditionsHold(parent.conditions, wall, parent.frequency.timeZone).holds;
}
