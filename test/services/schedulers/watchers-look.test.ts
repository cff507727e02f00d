import { eq, type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  apiPresence,
  schedulerOperations as operations,
  rooms,
  schedulers,
} from "../../../drizzle/schema/schedulers.ts";
import type { RoomRuntime } from "../../../server/connectors/room-runtime.ts";
import { keepApiPresence, selectApiPresence } from "../../../server/db/api-presence.ts";
import { inWatch, selectProcesses } from "../../../server/db/watching.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { deleteScheduler } from "../../../server/services/schedulers/delete-scheduler.ts";
import { scale } from "../../../server/services/schedulers/scale.ts";
import { updateScheduler } from "../../../server/services/schedulers/update-scheduler.ts";
import type { WatchDeps, Watching } from "../../../server/services/schedulers/watch-deps.ts";
import { takeUp, watchScheduler } from "../../../server/services/schedulers/watch-scheduler.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

/* Single looks of a watcher. Its rooms are on a machine that it knows nothing of, unless a test says so. */
let own: SchedulerDeps;
let deps: WatchDeps;
let schedulerId: number;
let watching: Watching;
const specification = (more: object = {}) => ({
  name: "fleet",
  cmd: ["true"],
  shutdownTimeout: 60,
  autoscaling: { min: 2, max: 20 },
  ...more,
});

beforeAll(async () => {
  own = await openSchedulerDeps();
  const processes: RoomRuntime = {
    machine: "here",
    size: { cpuMillis: 64_000, memoryBytes: 2 ** 40 },
    start: () => Promise.reject(new Error("true cannot be started: it is not there")),
    inspect: () => ({ state: "missing" }),
    signal: () => undefined,
    lastWords: () => Promise.resolve(""),
    hostOf: () => "here",
    forget: () => undefined,
    strays: () => [],
    schedulers: () => [],
    removeLogs: () => Promise.resolve(),
    onChange: () => () => undefined,
  };
  const settings = {
    roomUrl: "http://localhost",
    autoscalingPeriodSeconds: 10,
    syncPeriodSeconds: 10,
    scaleUpTimeoutSeconds: 300,
    deleteTimeoutSeconds: 300,
    lockKey: "lock",
    lockTtlMs: 60_000,
    lockWaitMs: 0,
    slotsPerRoom: 2,
    transferRooms: null,
  };
  deps = { ...own, processes, pods: null, watching: settings } as unknown as WatchDeps;
});
afterAll(() => own.close());
beforeEach(async () => {
  await own.db.delete(schedulers);
  schedulerId = (await createScheduler(own, actor, specification())).id;
  await own.db.update(schedulers).set({ state: "active" });
  await own.db.delete(operations);
  watching = (await takeUp(deps, schedulerId))!;
  watching.excusedMs = Number.NEGATIVE_INFINITY;
});

const idle = new AbortController().signal;
const look = (options: { isPeriod?: boolean; deps?: WatchDeps } = {}) =>
  watchScheduler(options.deps ?? deps, watching, options.isPeriod ?? false, idle);
const insert = (id: string, values: Partial<typeof rooms.$inferInsert> = {}) =>
  own.insertRoom(schedulerId, {
    id,
    state: "ready",
    machine: "elsewhere",
    pingedAt: new Date(),
    ...values,
  });
const rowOf = async (id: string) => (await own.db.select().from(rooms).where(eq(rooms.id, id)))[0]!;
const ago = (seconds: number) => sql`clock_timestamp() - make_interval(secs => ${seconds})`;

test("a room that pings no more is unresponsive, but for what PostgreSQL's absence has swallowed", async () => {
  await insert("a");
  await insert("b");
  await own.db.update(rooms).set({ pingedAt: ago(3_600) });
  const away = { ...deps, db: { ...own.db, select: () => fail() } } as unknown as WatchDeps;
  const fail = () => {
    throw new Error("the connection is refused");
  };
  await expect(look({ deps: away })).rejects.toThrow("is refused");
  await look();
  expect((await rowOf("a")).state).toBe("ready");
  watching.excusedMs = Number.NEGATIVE_INFINITY;
  await look();
  expect((await rowOf("a")).state).toBe("unresponsive");
});

test("while there is no API to ping, and for a ping timeout after, silence proves nothing", async () => {
  await insert("a");
  await own.db.update(rooms).set({ pingedAt: ago(3_600) });
  const { pingTimeoutSeconds } = deps.roomTimeouts;
  const stateAfter = async (values: { since: SQL; until: SQL }) => {
    await own.db.delete(apiPresence);
    await own.db.insert(apiPresence).values({ id: 1, ...values });
    watching.excusedMs = Number.NEGATIVE_INFINITY;
    await look();
    return (await rowOf("a")).state;
  };
  expect(await stateAfter({ since: ago(7_200), until: ago(1) })).toBe("ready");
  // The API is back: what it says now is the end of the gap.
  await keepApiPresence(own.db, 60_000);
  watching.excusedMs = Number.NEGATIVE_INFINITY;
  await look();
  expect((await rowOf("a")).state).toBe("ready");
  expect(await selectApiPresence(own.db)).toBeLessThan(60_000);
  const whole = { since: ago(pingTimeoutSeconds + 1), until: ago(-60) };
  expect(await stateAfter(whole)).toBe("unresponsive");
  await own.db.delete(apiPresence);
});

test("after the machine stood still silence proves nothing", async () => {
  await insert("a");
  await insert("b");
  await own.db.update(rooms).set({ pingedAt: ago(3_600) });
  watching.lookedAtMs -= 3_600_000;
  await look();
  expect((await rowOf("a")).state).toBe("ready");
});

test("a watcher that is stopped in its transaction is ended by PostgreSQL", async () => {
  const { rows } = await inWatch(own.db, watching.watch, (tx) =>
    tx.execute(sql`show idle_in_transaction_session_timeout`),
  );
  expect(rows).toEqual([{ idle_in_transaction_session_timeout: "5s" }]);
});

test("rooms that were lost are replaced, and no fewer are wanted for that", async () => {
  await insert("a");
  await own.db.update(schedulers).set({ desired: 10 });
  await look({ isPeriod: true });
  expect((await own.db.select().from(schedulers))[0]?.desired).toBe(10);
  expect(await own.db.$count(operations)).toBe(0);
});

test("while new rooms are waited with, an update ends old rooms and no new one", async () => {
  await insert("old-1");
  await insert("old-2");
  await updateScheduler(own, actor, "fleet", specification({ cmd: ["false"] }));
  await insert("new-1", { version: 2 });
  await look();
  watching.startAtMs = Number.POSITIVE_INFINITY;
  await look();
  expect((await rowOf("new-1")).state).toBe("ready");
  const states = [(await rowOf("old-1")).state, (await rowOf("old-2")).state];
  expect(states.toSorted()).toEqual(["ready", "terminating"]);
});

test("an update waits for nothing that the version before has done", async () => {
  await insert("a");
  await insert("b");
  await look();
  watching.startAtMs = Number.POSITIVE_INFINITY;
  watching.failures = 4;
  await updateScheduler(own, actor, "fleet", specification({ cmd: ["false"] }));
  await look();
  expect((await own.db.select().from(rooms)).map(({ version }) => version)).toContain(2);
});

test("a deletion tells of a room once, and not at every look while it finishes", async () => {
  await insert("busy", { state: "occupied", occupiedAt: new Date() });
  await deleteScheduler(own, actor, "fleet");
  const told = () => own.events.filter(({ noun }) => noun === "room").length;
  const before = told();
  await look();
  expect(told()).toBe(before + 1);
  await look();
  expect(told()).toBe(before + 1);
  expect((await rowOf("busy")).drainingAt).not.toBeNull();
});

test("marks that part ways with PostgreSQL's states are taken off", async () => {
  await insert("busy", { state: "occupied", occupiedAt: new Date() });
  await insert("free");
  await insert("told", { state: "occupied", occupiedAt: new Date(), drainingAt: new Date() });
  await insert("leaving", { state: "occupied", drainingAt: new Date(), occupiedAt: new Date() });
  const marks = { busy: "ready", free: "ready", told: "watched", leaving: "occupied" };
  const kept = Object.entries(marks).map(([id, marked]) => [id, { silentMs: 0, marked }] as const);
  const unmarked: string[] = [];
  const roomStore = {
    ...deps.roomStore,
    read: () => Promise.resolve({ keptMs: null, rooms: new Map(kept) }),
    unmark: async ({ room }: { room: string }) => void unmarked.push(room),
  };
  await look({ deps: { ...deps, roomStore } });
  expect(unmarked.toSorted()).toEqual(["busy", "leaving"]);
});

test("a command that cannot be started says why, and an update of it does so too", async () => {
  await scale(own, actor, "fleet", { replicas: 5 });
  await look();
  await look();
  const [row] = await own.db.select().from(rooms);
  expect(row).toMatchObject({ state: "terminated", reason: expect.stringContaining("not there") });
  await own.db.delete(rooms);
  for (const id of ["a", "b", "c", "d", "e"]) await insert(id);
  await updateScheduler(own, actor, "fleet", specification({ cmd: ["false"] }));
  await look();
  watching.failures = 5;
  await look();
  const [update] = await own.db.select().from(operations).where(eq(operations.kind, "update"));
  expect(update?.reason).toMatch(/^5 new rooms in a row did not become ready: .*not there/);
});

test("a room that is to end on a machine that is gone ends after its time", async () => {
  await insert("lost", { state: "terminating", pid: 7, processStart: "1" });
  await insert("late", { state: "terminating", pid: 8, processStart: "1" });
  const then = (seconds: number) => ({ pingedAt: ago(seconds), terminatingAt: ago(seconds) });
  await own.db.update(rooms).set(then(91)).where(eq(rooms.id, "lost"));
  await own.db.update(rooms).set(then(61)).where(eq(rooms.id, "late"));
  await look();
  expect((await rowOf("lost")).state).toBe("terminated");
  expect((await rowOf("late")).state).toBe("terminating");
});

test("an occupied room that takes nothing more goes when its shutdownTimeout is over, and not before", async () => {
  await insert("early", { state: "occupied", occupiedAt: new Date() });
  await insert("late", { state: "occupied", occupiedAt: new Date() });
  await own.db
    .update(rooms)
    .set({ drainingAt: ago(30) })
    .where(eq(rooms.id, "early"));
  await own.db
    .update(rooms)
    .set({ drainingAt: ago(61) })
    .where(eq(rooms.id, "late"));
  await look();
  expect((await rowOf("early")).state).toBe("occupied");
  expect(await rowOf("late")).toMatchObject({
    state: "terminating",
    reason: "it was occupied for the whole shutdownTimeout",
  });
});

test("who stops ends the rooms of what it watched, and nobody else's", async () => {
  const other = await createScheduler(own, actor, specification({ name: "other" }));
  await insert("ours", { machine: "here", pid: 7, processStart: "1" });
  await own.insertRoom(other.id, { id: "theirs", machine: "here", pid: 8, processStart: "1" });
  expect(await selectProcesses(own.db, "here", [schedulerId])).toEqual([{ pid: 7, start: "1" }]);
  expect(await selectProcesses(own.db, "here", [])).toEqual([]);
});
