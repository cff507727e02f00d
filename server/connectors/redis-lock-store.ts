import type { LockStore } from "../support/lock-store.ts";
import { createLockToken } from "../support/lock-token.ts";
import type { Redis } from "./redis.ts";

const acquire = "return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])";
const renew = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const release = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`;

/**
 * Locks as keys with a life, set where there is none and deleted by their own token alone. `prefix` keeps
 * installations apart that share one Redis.
 */
export function createRedisLockStore(redis: Redis, prefix: string): LockStore {
  const keys = (name: string) => [`${prefix}:locks:${name}`];
  return {
    async acquire(name, ttlMs, token = createLockToken()) {
      const answer = await redis.run(acquire, keys(name), [token, String(ttlMs)]);
      return answer === "OK" ? token : null;
    },
    holder: async (name) =>
      ((await redis.run("return redis.call('GET', KEYS[1])", keys(name), [])) as string | null) ??
      null,
    renew: async (name, token, ttlMs) =>
      (await redis.run(renew, keys(name), [token, String(ttlMs)])) === 1,
    release: async (name, token) => (await redis.run(release, keys(name), [token])) === 1,
  };
}
