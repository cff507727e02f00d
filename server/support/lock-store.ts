/**
 * Locks under names, each held for `ttlMs` at most and for as long as it is renewed. They keep
 * processes out of each other's way and prove nothing: one that stood still finds its lock another's.
 */
export interface LockStore {
  /** The token by which it is held; null: another holds it. */
  acquire(name: string, ttlMs: number, token?: string): Promise<string | null>;
  /** The token by which it is held; null: nobody holds it. */
  holder(name: string): Promise<string | null>;
  /** False: it is held no more. */
  renew(name: string, token: string, ttlMs: number): Promise<boolean>;
  /** Of its holder alone; false: it was held no more. */
  release(name: string, token: string): Promise<boolean>;
}
