import { holdPresence } from "../../db/presence.ts";
import type { Deps } from "../deps.ts";

/** Shows the other daemons that this one lives, until its session breaks or the signal is aborted. */
export function showPresence(
  { pool, processId }: Pick<Deps, "pool" | "processId">,
  signal: AbortSignal,
): Promise<void> {
  return holdPresence(pool, processId, signal);
}
