import { nextTicks, type Schedule } from "../../domain/frequency.ts";
import type { Deps } from "../deps.ts";

/** The next five ticks of a schedule that may not be saved yet, as ISO instants. */
export function previewTicks(deps: Pick<Deps, "now">, schedule: Schedule): string[] {
  return nextTicks(schedule, deps.now(), 5).map((tick) => tick.toISOString());
}
