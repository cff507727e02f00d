/** As many at once as there are lanes, the rest in the order in which they came. */
export interface Lanes {
  /** Null, and `work` is not begun, where as many wait already as may. */
  run<T>(work: () => Promise<T>): Promise<T> | null;
}

export function createLanes({ lanes, mostWaiting }: { lanes: number; mostWaiting: number }): Lanes {
  let busy = 0;
  const waiting: (() => void)[] = [];
  async function take<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= lanes) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy += 1;
    try {
      return await work();
    } finally {
      // The lane goes to the next one as it is.
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  }
  return { run: (work) => (waiting.length >= mostWaiting ? null : take(work)) };
}
