import { pause } from "./abortable.ts";
import type { LockStore } from "./lock-store.ts";
import { isHolderGone } from "./lock-token.ts";

export interface LockTimes {
  /** The lock's life where it is not renewed. */
  ttlMs: number;
  /** How long acquiring waits. */
  waitMs: number;
}

const mostRetryMs = 1_000;
/** How often who waits looks whether the holder is there. */
const holderCheckMs = 5_000;

/**
 * Works while it holds a lock, which is renewed at a third of its life. `work` gets a signal that is
 * aborted as soon as the lock is another's, or could not be renewed for as long as it lives; also when
 * the caller's is. Null: the lock was not to be had in time. A store that is away fails the whole.
 */
export async function holdLock<T>(
  store: LockStore,
  name: string,
  { ttlMs, waitMs }: LockTimes,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  const token = await acquireWithin(store, name, ttlMs, waitMs, signal);
  if (token === null) return null;
  const lost = new AbortController();
  const ended = new AbortController();
  const renewing = keepRenewed(store, name, token, ttlMs, ended.signal, lost);
  try {
    return { result: await work(AbortSignal.any([signal, lost.signal])) };
  } finally {
    ended.abort();
    await renewing;
    // Where the store is away now, the lock ends by itself.
    await store.release(name, token).catch(() => undefined);
  }
}

async function acquireWithin(
  store: LockStore,
  name: string,
  ttlMs: number,
  waitMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const endMs = performance.now() + waitMs;
  let checkMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const token = await store.acquire(name, ttlMs);
    if (token !== null) return token;
    if (performance.now() >= checkMs) {
      checkMs = performance.now() + holderCheckMs;
      if (await releaseOfDead(store, name)) continue;
    }
    const leftMs = endMs - performance.now();
    if (leftMs <= 0 || signal.aborted) return null;
    await pause(Math.min(mostRetryMs, ttlMs / 3, leftMs), signal);
  }
}

/** A process of this machine that was killed holds nothing, however long its lock would live. */
async function releaseOfDead(store: LockStore, name: string): Promise<boolean> {
  const holder = await store.holder(name);
  return holder !== null && isHolderGone(holder) && (await store.release(name, holder));
}

async function keepRenewed(
  store: LockStore,
  name: string,
  token: string,
  ttlMs: number,
  ended: AbortSignal,
  lost: AbortController,
): Promise<void> {
  let renewedMs = performance.now();
  for (;;) {
    await pause(ttlMs / 3, ended);
    if (ended.aborted) return;
    const askedMs = performance.now();
    const answer = await renewOrRestore(store, name, token, ttlMs).catch(() => "away" as const);
    if (answer === true) renewedMs = askedMs;
    // Away: it is ours until its life is over.
    else if (answer === false || performance.now() - renewedMs >= ttlMs) {
      lost.abort(new Error(`the lock ${name} was lost`));
      return;
    }
  }
}

/** Where the store was emptied, and nobody has the lock since, it stays with who had it. */
async function renewOrRestore(
  store: LockStore,
  name: string,
  token: string,
  ttlMs: number,
): Promise<boolean> {
  if (await store.renew(name, token, ttlMs)) return true;
  return (await store.acquire(name, ttlMs, token)) !== null;
}
