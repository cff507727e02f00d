import { selectTickingFrequencies, type TickingFrequency } from "../../db/ticks.ts";
import type { Deps } from "../deps.ts";

/** The active frequencies, with the newest tick recorded for each. */
export function listTickingFrequencies(
  deps: Pick<Deps, "db">,
  now: Date,
): Promise<TickingFrequency[]> {
  return selectTickingFrequencies(deps.db, now);
}

export type { TickingFrequency };
