import { messageOf } from "../../../shared/errors.ts";
import { type Held, releaseClaims } from "../../db/claims.ts";
import { inTransition } from "../../db/transition.ts";
import type { Deps } from "../deps.ts";

/** Hands back what a stopping daemon holds. Where PostgreSQL is away, the leases end by themselves. */
export async function releaseTableRuns(
  deps: Pick<Deps, "pool" | "log" | "changes">,
  held: Held[],
): Promise<void> {
  if (held.length === 0) return;
  try {
    await inTransition(deps.pool, (transition) => releaseClaims(transition, held));
    deps.changes.publish({ noun: "run", id: null });
  } catch (error) {
    deps.log.warn({ err: error }, `claims are left to their leases: ${messageOf(error)}`);
  }
}
