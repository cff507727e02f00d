import { nextTicks, tickAt } from "../domain/frequency.ts";
import type { Deps } from "../services/deps.ts";
import { assembleRun } from "../services/runs/assemble-run.ts";
import {
  listTickingFrequencies,
  type TickingFrequency,
} from "../services/runs/list-ticking-frequencies.ts";
import { tellFrequencyTrouble } from "../services/runs/tell-frequency-trouble.ts";
import { type Loop, startLoop } from "../support/loop.ts";

const pollMs = 1_000;

/**
 * Looks every second, and at the instant of the next tick, whether a frequency's last tick is
 * recorded, and records it. What was missed while nothing was running is so caught up once, the
 * newest alone, which is never older than one period. Ticks before the frequency was made, changed
 * or switched on are not missed, nor are those at which it had no tables. Any number of daemons may
 * do the same: see assemble-run.ts.
 *
 * Nothing is kept from one look to the next, so the machine's clock may jump. Forward by hours, it is
 * as if nothing had run for them: one tick is caught up. Back over a tick, that tick is recorded
 * already, and the next one comes at its time.
 */
export function startTicker(deps: Deps): Loop {
  let timer: NodeJS.Timeout | undefined;
  /** Records the last tick where it is not yet; the milliseconds of the next. */
  const tick = async (frequency: TickingFrequency, now: Date) => {
    const at = tickAt(frequency, now);
    const isRecorded = frequency.lastTickAt !== null && frequency.lastTickAt >= at;
    if (!isRecorded && at >= frequency.effectiveFrom) await assembleRun(deps, frequency.id, at);
    if (frequency.trouble !== null) await tellFrequencyTrouble(deps, frequency, null);
    return nextTicks(frequency, now, 1)[0]?.getTime() ?? Number.POSITIVE_INFINITY;
  };
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
      for (const frequency of await listTickingFrequencies(deps, now)) {
        if (signal.aborted) return;
        const nextMs = await tick(frequency, now).catch(async (error: unknown) => {
          // One that cannot tick holds up no other.
          await tellFrequencyTrouble(deps, frequency, { error });
          return Number.POSITIVE_INFINITY;
        });
        soonestMs = Math.min(soonestMs, nextMs - now.getTime());
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
