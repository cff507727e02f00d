import { Slots } from "../locks.ts";

/** Statements at once in all: each holds a thread, and requests need some too. */
const most = 48;
/** Who has worked so long makes room. */
const shortMs = 2_000;

/**
 * Turns of jobs to work: a few at a time, so that they do not slow each other down. Who works for
 * longer makes room for the next, up to a bound that is far away: jobs that never end do not keep
 * others from being answered.
 */
export class Turns {
  readonly #few: Slots;
  readonly #all: Slots;

  constructor(count: number) {
    this.#few = new Slots(count);
    this.#all = new Slots(Math.max(count, most));
  }

  /** The answer gives the turn back. */
  async take(): Promise<() => void> {
    const leaveAll = await this.#all.take();
    const leaveFew = once(await this.#few.take());
    const timer = setTimeout(leaveFew, shortMs);
    return once(() => {
      clearTimeout(timer);
      leaveFew();
      leaveAll();
    });
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
