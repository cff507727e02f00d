/** Aborted when nothing has moved for too long, or with the signal that it was made of. */
export interface StallLimit {
  signal: AbortSignal;
  /** Something has moved. */
  moved(): void;
  end(): void;
}

/**
 * For what goes over a network: a connection whose other end is gone may stay open for ever and say
 * nothing. `overdue` makes the reason of the abort.
 */
export function createStallLimit(
  ms: number,
  overdue: () => Error,
  signal?: AbortSignal,
): StallLimit {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(overdue()), ms);
  return {
    signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
    moved: () => void timer.refresh(),
    end: () => clearTimeout(timer),
  };
}
