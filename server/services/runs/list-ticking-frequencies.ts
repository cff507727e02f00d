import { selectTickingFrequencies, type TickingFrequency } from "../../db/run-assembly.ts";
import type { Deps } from "../deps.ts";

/** The active frequencies that have tables, with the newest tick recorded for each. */
export function listTickingFrequencies(deps: Pick<Deps, "db">): Promise<TickingFrequency[]> {
  return selectTickingFrequencies(deps.db);
}

export type { TickingFrequency };
