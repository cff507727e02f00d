import { nextTicks, tickAt } from "../domain/frequency.ts";
import type { Deps } from "../services/deps.ts";
import { assembleRun } from "../services/runs/assemble-run.ts";
import { listTickingFrequencies } from "../services/runs/list-ticking-frequencies.ts";
import { type Loop, startLoop } from "../support/loop.ts";

const pollMs = 1_000;

/**
 * Looks every second, and at the instant of the next tick, whether a frequency's last tick is
 * recorded, and records it. What was missed while nothing was running is so caught up once, the
 * newest alone, which is never older than one period. Ticks before the frequency was made, changed
 * or switched on are not missed. Any number of daemons may do the same: see assemble-run.ts.
 */
export function startTicker(deps: Deps): Loop {
  let timer: NodeJS.Timeout | undefined;
  const unsubscribe = deps.changes.subscribe(({ noun }) => {
    if (noun === "frequency") loop.wake();
  });
  const loop = startLoop({
    name: "ticker",
    log: deps.log,
    periodMs: pollMs,
    body: async (signal) => {
      clearTimeout(timer);
      const now = deps.now();
      let soonestMs = Number.POSITIVE_INFINITY;
      for (const frequency of await listTickingFrequencies(deps)) {
        if (signal.aborted) return;
        const at = tickAt(frequency, now);
        const isRecorded = frequency.lastTickAt !== null && frequency.lastTickAt >= at;
        if (!isRecorded && at >= frequency.effectiveFrom) await assembleRun(deps, frequency.id, at);
        const [next] = nextTicks(frequency, now, 1);
        soonestMs = Math.min(soonestMs, (next?.getTime() ?? soonestMs) - now.getTime());
      }
      if (soonestMs < pollMs) timer = setTimeout(() => loop.wake(), soonestMs + 1);
    },
  });
  return {
    wake: () => loop.wake(),
    async stop() {
      unsubscribe();
      clearTimeout(timer);
      await loop.stop();
    },
  };
}
