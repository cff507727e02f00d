import type { Condition } from "../../../shared/condition.ts";
import type { TickPreview } from "../../../shared/frequency.ts";
import type { Schedule } from "../../domain/frequency.ts";
import { nextTicksTakingPart } from "../../domain/taking-part.ts";
import type { Deps } from "../deps.ts";

const ticksShown = 5;

/** Of a schedule, and conditions, that may not be saved yet. No conditions: every tick. */
export function previewTicks(
  deps: Pick<Deps, "now">,
  { conditions, ...schedule }: Schedule & { conditions: Condition[] },
): TickPreview {
  const found = nextTicksTakingPart(schedule, conditions, deps.now(), ticksShown);
  return {
    nextTicks: found.ticks.map((tick) => tick.toISOString()),
    searchedUntil: found.searchedUntil?.toISOString() ?? null,
  };
}
