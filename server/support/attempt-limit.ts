/** Failed attempts of each key (an address, say) within a window. */
export interface AttemptLimit {
  /** Seconds until the key may try again; 0: now. */
  waitSeconds(key: string): number;
  failed(key: string): void;
}

/** Keys that are remembered at most: the oldest are forgotten first. */
const maxKeys = 10_000;

export function createAttemptLimit(options: {
  attempts: number;
  windowSeconds: number;
  /** The current instant. */
  now: () => Date;
}): AttemptLimit {
  const windowMs = options.windowSeconds * 1_000;
  const failures = new Map<string, number[]>();
  const recent = (key: string) => {
    const since = options.now().getTime() - windowMs;
    return (failures.get(key) ?? []).filter((at) => at > since);
  };
  return {
    waitSeconds(key) {
      const times = recent(key);
      const [first] = times;
      if (first === undefined || times.length < options.attempts) return 0;
      return Math.max(1, Math.ceil((first + windowMs - options.now().getTime()) / 1_000));
    },
    failed(key) {
      const times = [...recent(key), options.now().getTime()].slice(-options.attempts);
      failures.delete(key);
      failures.set(key, times);
      const [oldest] = failures.keys();
      if (failures.size > maxKeys && oldest !== undefined) failures.delete(oldest);
    },
  };
}
