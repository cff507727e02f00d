import { createHash } from "node:crypto";
import type { Redis } from "./redis.ts";
import type { RoomPings, RoomStore } from "./room-store.ts";

/*
 * One hash a scheduler: a room's id → its last ping (ms of Redis's own clock), a space, its mark. Beside
 * them one key says since when all of it is kept: it is gone with everything else when Redis is emptied.
 */

const clock = `local t = redis.call('TIME')
  local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

const touch = `${clock}
  local before = redis.call('HGET', KEYS[1], ARGV[1])
  if not before or string.sub(before, string.find(before, ' ', 1, true) + 1) ~= ARGV[2] then
    return 0
  end
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
  return 1`;

const put = `${clock}
  redis.call('SET', KEYS[2], string.format('%.0f', now), 'NX')
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])`;

const unmark = `local before = redis.call('HGET', KEYS[1], ARGV[1])
  if not before then return end
  local at = string.sub(before, 1, string.find(before, ' ', 1, true) - 1)
  redis.call('HSET', KEYS[1], ARGV[1], at .. ' ')`;

const remove = "redis.call('HDEL', KEYS[1], ARGV[1])";

const read = `${clock}
  redis.call('SET', KEYS[2], string.format('%.0f', now), 'NX')
  return {string.format('%.0f', now - redis.call('GET', KEYS[2])), string.format('%.0f', now),
    redis.call('HGETALL', KEYS[1])}`;

/** Of longer marks the metadata is kept as its digest. */
const longestMark = 64;

/** `prefix` keeps installations apart that share one Redis. */
export function createRedisRoomStore(redis: Redis, prefix: string): RoomStore {
  const keys = (scheduler: string) => [`${prefix}:pings:${scheduler}`, `${prefix}:pings-since`];
  return {
    touch: async ({ scheduler, room }, mark) =>
      (await redis.run(touch, keys(scheduler), [room, shorten(mark)])) === 1,
    async put({ scheduler, room }, mark) {
      await redis.run(put, keys(scheduler), [room, shorten(mark)]);
    },
    async unmark({ scheduler, room }) {
      await redis.run(unmark, keys(scheduler), [room]);
    },
    async remove({ scheduler, room }) {
      await redis.run(remove, keys(scheduler), [room]);
    },
    async read(scheduler) {
      const answer = await redis.run(read, keys(scheduler), []);
      const [kept, now, pairs] = answer as [string, string, string[]];
      const rooms: RoomPings["rooms"] = new Map();
      for (let index = 0; index + 1 < pairs.length; index += 2) {
        const [at, marked = ""] = (pairs[index + 1] ?? "").split(" ", 2);
        rooms.set(pairs[index] ?? "", { silentMs: Number(now) - Number(at), marked });
      }
      return { keptMs: Number(kept), rooms };
    },
  };
}

function shorten(mark: string): string {
  if (mark.length <= longestMark) return mark;
  const [status] = mark.split(" ", 1);
  return `${status} ${createHash("sha256").update(mark).digest("base64url")}`;
}
