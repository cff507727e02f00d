import type { Deps } from "../services/deps.ts";
import { cleanStaged } from "../services/runs/clean-staged.ts";
import { createDue } from "../support/due.ts";
import { type Loop, startLoop } from "../support/loop.ts";

/** How often files are tried again that could not be removed, or that a daemon left which died. */
const againMs = 60_000;

/**
 * Removes what was staged for loads, as soon as it is woken after some. It goes on where it was as
 * long as files were left, so that each wake tries new ones and not the same again.
 */
export function startStagedCleaner(deps: Deps): Loop {
  const again = createDue(againMs);
  let at = { afterId: 0, isEnd: true, hasLeft: false };
  return startLoop({
    name: "staged files",
    log: deps.log,
    isUnbounded: true,
    periodMs: againMs,
    body: async (signal) => {
      const isAnew = at.isEnd && (!at.hasLeft || again.take());
      at = await cleanStaged(deps, signal, isAnew ? 0 : at.afterId);
    },
  });
}
