import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectRedis } from "../../../server/connectors/redis.ts";
import { createRedisLockStore } from "../../../server/connectors/redis-lock-store.ts";
import { createRedisRoomStore } from "../../../server/connectors/redis-room-store.ts";
import type { RoomStore } from "../../../server/connectors/room-store.ts";
import { createPostgresLockStore } from "../../../server/db/held-locks.ts";
import { allocateRoom } from "../../../server/services/rooms/allocate-room.ts";
import { listRooms } from "../../../server/services/rooms/list-rooms.ts";
import { ping } from "../../../server/services/rooms/ping.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { holdLock } from "../../../server/support/hold-lock.ts";
import type { LockStore } from "../../../server/support/lock-store.ts";
import { createLockToken, pidSpace } from "../../../server/support/lock-token.ts";
import type { RoomStatus } from "../../../shared/room.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { until } from "../../support/until.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

let deps: SchedulerDeps;
let server: TestRedis;
let lockStores: Record<string, LockStore>;
let roomStores: Record<string, RoomStore>;
beforeAll(async () => {
  [deps, server] = await Promise.all([openSchedulerDeps(), startRedis()]);
  lockStores = {
    postgres: createPostgresLockStore(deps.db),
    redis: createRedisLockStore(server.redis, "maestro:test"),
  };
  roomStores = {
    postgres: deps.roomStore,
    redis: createRedisRoomStore(server.redis, "maestro:test"),
  };
});
afterAll(async () => {
  await server.stop();
  await deps.close();
});

const long = 60_000;
const short = 60;

describe.each(["postgres", "redis"])("locks in %s", (kind) => {
  const open = () => lockStores[kind]!;

  test("one holds it, by a token of its own", async () => {
    const store = open();
    const token = (await store.acquire("one", long))!;
    expect(await store.acquire("one", long)).toBeNull();
    expect(await store.release("one", "another's")).toBe(false);
    expect(await store.renew("one", "another's", long)).toBe(false);
    expect(await store.acquire("one", long)).toBeNull();
    expect(await store.renew("one", token, long)).toBe(true);
    expect(await store.release("one", token)).toBe(true);
    expect(await store.release("one", token)).toBe(false);
    expect(await store.acquire("one", long)).not.toBeNull();
  });

  test("of many that ask at once one gets it", async () => {
    const asked = Array.from({ length: 20 }, () => open().acquire("many", long));
    expect((await Promise.all(asked)).filter((token) => token !== null).length).toBe(1);
  });

  test("it ends by itself, and who stood still cannot renew or release what is another's", async () => {
    const store = open();
    const first = (await store.acquire("ends", short))!;
    let second: string | null = null;
    await until("it has ended", async () => {
      second = await store.acquire("ends", long);
      return second !== null;
    });
    expect(await store.renew("ends", first, long)).toBe(false);
    expect(await store.release("ends", first)).toBe(false);
    expect(await store.renew("ends", second!, long)).toBe(true);
  });

  test("one whose holder's process is gone from this machine is taken at once, any other is waited for", async () => {
    const store = open();
    const dead = { pid: 2 ** 22 + 1, start: "1" };
    const ours = createLockToken({ machine: pidSpace(), ...dead });
    // Such as another container that has the name of this machine.
    const [name = ""] = pidSpace().split(" ");
    const elsewhere = createLockToken({ machine: name, ...dead });
    const times = { ttlMs: long, waitMs: 0 };
    const idle = new AbortController().signal;
    const work = () => Promise.resolve("done");
    await store.acquire("dead", long, ours);
    expect(await store.holder("dead")).toBe(ours);
    expect(await holdLock(store, "dead", times, idle, work)).toEqual({ result: "done" });
    expect(await store.holder("dead")).toBeNull();
    await store.acquire("dead", long, elsewhere);
    expect(await holdLock(store, "dead", times, idle, work)).toBeNull();
    const alive = (await store.acquire("alive", long))!;
    expect(await holdLock(store, "alive", times, idle, work)).toBeNull();
    expect(await store.holder("alive")).toBe(alive);
  });

  test("work goes on where the store has lost the lock and nobody else has it", async () => {
    const store = open();
    const times = { ttlMs: 300, waitMs: 0 };
    const idle = new AbortController().signal;
    const held = await holdLock(store, "emptied", times, idle, async (signal) => {
      const holder = (await store.holder("emptied"))!;
      await store.release("emptied", holder);
      await until("it is held again", async () => (await store.holder("emptied")) === holder);
      return signal.aborted;
    });
    expect(held).toEqual({ result: false });
  });

  test("work under it is aborted when it is lost, and it is free after", async () => {
    const store = open();
    const times = { ttlMs: 300, waitMs: 0 };
    const idle = new AbortController().signal;
    const lost = await holdLock(store, "work", times, idle, async (signal) => {
      if (kind === "redis") await server.flush();
      else await deps.pool.query("delete from held_locks where name = 'work'");
      // Where it was restored between the two, it is taken at the next time.
      const steal = async () => (await store.acquire("work", long, "thief")) !== null;
      const release = async () => {
        const holder = await store.holder("work");
        if (holder !== null && holder !== "thief") await store.release("work", holder);
      };
      await until("it is stolen", async () => {
        await release();
        return steal();
      });
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      return (signal.reason as Error).message;
    });
    expect(lost?.result).toBe("the lock work was lost");
    await store.release("work", "thief");
    const held = await holdLock(store, "work", times, idle, () =>
      holdLock(store, "work", times, idle, () => Promise.resolve("never")),
    );
    expect(held).toEqual({ result: null });
    expect(await store.acquire("work", long)).not.toBeNull();
  });
});

describe.each(["postgres", "redis"])("pings in %s", (kind) => {
  const report = (status: RoomStatus, metadata = {}) => ({ timestamp: 1, status, metadata });
  const scheduler = `pinged-${kind}`;
  let own: SchedulerDeps;
  let schedulerId: number;
  beforeAll(async () => {
    own = { ...deps, roomStore: roomStores[kind]! };
    schedulerId = (await createScheduler(own, actor, { name: scheduler, cmd: ["true"] })).id;
  });
  const stateOf = async (room: string) =>
    (await listRooms(own, scheduler)).find(({ id }) => id === room)?.state;

  test("a ping that says nothing new is told by the store alone, and one that does moves the room", async () => {
    const room = { scheduler, room: await own.insertRoom(schedulerId) };
    const mark = 'ready {"a":1}';
    expect(await own.roomStore.touch(room, mark)).toBe(false);
    await ping(own, room, report("ready", { a: 1 }));
    expect(await own.roomStore.touch(room, mark)).toBe(true);
    expect(await own.roomStore.touch(room, "ready {}")).toBe(false);
    expect(await own.roomStore.touch(room, 'occupied {"a":1}')).toBe(false);
    await ping(own, room, report("occupied", { long: "x".repeat(500) }));
    await ping(own, room, report("occupied", { long: "x".repeat(500) }));
    expect(await stateOf(room.room)).toBe("occupied");
    const { rooms, keptMs } = await own.roomStore.read(scheduler);
    expect(rooms.get(room.room)?.silentMs).toBeLessThan(20_000);
    expect(keptMs === null).toBe(kind === "postgres");
  });

  test("an allocated room keeps its occupant though its pings say that it is ready", async () => {
    const room = { scheduler, room: await own.insertRoom(schedulerId) };
    for (let pings = 0; pings < 2; pings += 1) await ping(own, room, report("ready"));
    expect((await allocateRoom(own, scheduler))?.id).toBe(room.room);
    for (let pings = 0; pings < 2; pings += 1) await ping(own, room, report("ready"));
    expect(await stateOf(room.room)).toBe("occupied");
    await ping(own, room, report("terminated"));
    expect(await own.roomStore.touch(room, "ready {}")).toBe(false);
  });

  test("an emptied store is filled by the pings, and tells since when it has been", async () => {
    const room = { scheduler, room: await own.insertRoom(schedulerId) };
    await ping(own, room, report("ready"));
    await server.flush();
    await ping(own, room, report("ready"));
    const { rooms, keptMs } = await own.roomStore.read(scheduler);
    expect(rooms.has(room.room)).toBe(true);
    if (kind === "redis") expect(keptMs).toBeLessThan(20_000);
  });
});

test("where Redis is away, PostgreSQL takes the pings, and calls fail at once", async () => {
  const away = await startRedis();
  const own = { ...deps, roomStore: createRedisRoomStore(away.redis, "maestro:away") };
  const { id } = await createScheduler(own, actor, { name: "away", cmd: ["true"] });
  const room = { scheduler: "away", room: await own.insertRoom(id) };
  await ping(own, room, { timestamp: 1, status: "ready", metadata: {} });
  await away.stop();
  const log = deps.log;
  await expect(connectRedis({ url: away.url, timeoutSeconds: 0, log })).rejects.toThrow(
    "Redis cannot be used",
  );
  await expect(own.roomStore.read("away")).rejects.toThrow();
  const answer = await ping(own, room, { timestamp: 1, status: "occupied", metadata: {} });
  expect(answer).toEqual({ commands: [] });
  const { rooms } = await deps.roomStore.read("away");
  expect(rooms.get(room.room)?.silentMs).toBeLessThan(20_000);
});
