import type { Deps } from "../services/deps.ts";
import { commitSaves } from "../services/git/commit-saves.ts";
import { type Loop, startLoop } from "../support/loop.ts";

/** Covers what was put off, and saves whose word was lost. */
const periodMs = 5_000;

/** Brings saves to the repository, and what was pushed there to the catalog. */
export function startCommitter(deps: Deps): Loop {
  const loop = startLoop({
    name: "committer",
    log: deps.log,
    isUnbounded: true,
    periodMs,
    body: (signal) => commitSaves(deps, signal),
  });
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "table" || noun === "setting") loop.wake();
  });
  return {
    wake: loop.wake,
    async stop() {
      unsubscribe();
      await loop.stop();
    },
  };
}
