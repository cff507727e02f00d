import { messageOf } from "../../shared/errors.ts";
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
/** Looks at which a frequency is found locked until the log says so: a save is over long before. */
const lockedLooks = 10;

/**
 * Looks every second, and at the instant of the next tick, whether a frequency's last tick is
 * recorded, and records it. What was missed while nothing was running is so caught up once, the
 * newest alone, which is never older than one period. Ticks before the frequency was made, changed
 * or switched on are not missed, nor are those at which it had no tables. Any number of daemons may
 * do the same: see assemble-run.ts.
 *
 * A frequency that cannot tick, or whose row somebody has locked, holds up no other. Its turn comes
 * again at the next look, for which the end of a save wakes.
 *
 * Nothing but what the log says hangs on the look before, so the machine's clock may jump. Forward by
 * hours, it is as if nothing had run for them: one tick is caught up. Back over a tick, that tick is
 * recorded already, and the next one comes at its time.
 */
export function startTicker(deps: Deps): Loop {
  let timer: NodeJS.Timeout | undefined;
  /** How often in a row each was found locked. */
  const locked = new Map<number, number>();
  const noteLocked = ({ id, name }: TickingFrequency, at: Date) => {
    const looks = (locked.get(id) ?? 0) + 1;
    if (looks === lockedLooks) {
      const text = `${name}: a session of PostgreSQL has its row locked, and its tick of ${at.toISOString()} waits for that`;
      deps.log.warn({ frequencyId: id, tickAt: at, alert: "locked" }, text);
    }
    locked.set(id, looks);
  };
  /** Records the last tick where it is not yet; the milliseconds of the next. */
  const tick = async (frequency: TickingFrequency, now: Date) => {
    const at = tickAt(frequency, now);
    const isRecorded = frequency.lastTickAt !== null && frequency.lastTickAt >= at;
    if (!isRecorded && at >= frequency.effectiveFrom) {
      const assembled = await assembleRun(deps, frequency.id, at);
      if ("isLocked" in assembled) {
        noteLocked(frequency, at);
        return Number.POSITIVE_INFINITY;
      }
    }
    locked.delete(frequency.id);
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
          await tellFrequencyTrouble(deps, frequency, { error }).catch((noteError: unknown) => {
            const facts = { frequencyId: frequency.id, err: error, noteError };
            deps.log.error(facts, `${frequency.name}: ${messageOf(error)}`);
          });
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
