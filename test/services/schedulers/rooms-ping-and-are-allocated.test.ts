import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roomEvents, rooms } from "../../../drizzle/schema/schedulers.ts";
import { allocateRoom } from "../../../server/services/rooms/allocate-room.ts";
import { forgetOldRooms } from "../../../server/services/rooms/forget-old-rooms.ts";
import { listRooms } from "../../../server/services/rooms/list-rooms.ts";
import { ping, setStatus } from "../../../server/services/rooms/ping.ts";
import { recordEvent } from "../../../server/services/rooms/record-event.ts";
import { roomAddress } from "../../../server/services/rooms/room-address.ts";
import { isRoomToken, roomToken } from "../../../server/services/rooms/room-token.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import type { RoomStatus } from "../../../shared/room.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

let deps: SchedulerDeps;
let schedulerId: number;
const scheduler = "scorer";
beforeAll(async () => {
  deps = await openSchedulerDeps();
  const made = await createScheduler(deps, actor, {
    name: scheduler,
    cmd: ["true"],
    forwarders: [{ url: "https://example.com/events" }],
  });
  schedulerId = made.id;
});
afterAll(() => deps.close());

const report = (status: RoomStatus, metadata = {}) => ({ timestamp: 1, status, metadata });
const rowOf = async (id: string) => {
  const isIt = and(eq(rooms.schedulerId, schedulerId), eq(rooms.id, id));
  return (await deps.db.select().from(rooms).where(isIt))[0]!;
};

test("pings move a room, and the server's clock tells when", async () => {
  const room = { scheduler, room: await deps.insertRoom(schedulerId) };
  expect(await ping(deps, room, report("ready"))).toEqual({ commands: [] });
  const first = await rowOf(room.room);
  expect(first.state).toBe("ready");
  await ping(deps, room, report("ready"));
  const second = await rowOf(room.room);
  expect(second.pingedAt!.getTime()).toBeGreaterThanOrEqual(first.pingedAt!.getTime());
  expect(second.readyAt).toEqual(first.readyAt);
  await ping(deps, room, report("occupied", { players: 3 }));
  expect(await rowOf(room.room)).toMatchObject({ state: "occupied", metadata: { players: 3 } });
  await ping(deps, room, report("terminated"));
  expect((await rowOf(room.room)).state).toBe("terminated");
  await expect(ping(deps, room, report("ready"))).rejects.toThrow("has it no more");
});

test("a room that is to leave is told at every ping, and may finish", async () => {
  const room = {
    scheduler,
    room: await deps.insertRoom(schedulerId, { state: "occupied", drainingAt: new Date() }),
  };
  expect(await ping(deps, room, report("occupied"))).toEqual({ commands: ["drain"] });
  await deps.db.update(rooms).set({ state: "terminating" }).where(eq(rooms.id, room.room));
  for (let pings = 0; pings < 2; pings += 1) {
    expect(await ping(deps, room, report("occupied"))).toEqual({ commands: ["drain"] });
  }
  await expect(setStatus(deps, room, report("ready"))).rejects.toThrow(
    `room ${room.room} of scorer is terminating and cannot become ready`,
  );
  expect(await ping(deps, room, report("terminated"))).toEqual({ commands: [] });
});

test("unknown schedulers and rooms are told apart", async () => {
  await expect(ping(deps, { scheduler: "none", room: "x" }, report("ready"))).rejects.toThrow(
    "there is no scheduler called none",
  );
  await expect(ping(deps, { scheduler, room: "x" }, report("ready"))).rejects.toThrow(
    "the scheduler scorer has no room x",
  );
});

test("each ready room is allocated once, however many ask", async () => {
  await deps.db.update(rooms).set({ state: "terminated" });
  for (let count = 0; count < 5; count += 1) {
    await deps.insertRoom(schedulerId, { state: "ready", readyAt: new Date() });
  }
  await deps.insertRoom(schedulerId, { state: "ready", drainingAt: new Date() });
  const asked = await Promise.all(Array.from({ length: 12 }, () => allocateRoom(deps, scheduler)));
  const ids = asked.flatMap((room) => (room ? [room.id] : []));
  expect(new Set(ids).size).toBe(5);
  expect(ids.length).toBe(5);
});

test("an allocated room stays so until it knows, and is ready again when nobody came", async () => {
  await deps.db.update(rooms).set({ state: "terminated" });
  const id = await deps.insertRoom(schedulerId, { state: "ready" });
  const room = { scheduler, room: id };
  expect(await allocateRoom(deps, scheduler)).toEqual({ id, address: null });
  await ping(deps, room, report("ready"));
  expect((await rowOf(id)).state).toBe("occupied");
  await deps.db.update(rooms).set({ allocatedAt: sql`now() - interval '31 s'` });
  await ping(deps, room, report("ready"));
  expect((await rowOf(id)).state).toBe("ready");
});

test("addresses, lists and events", async () => {
  const ports = [{ name: "http", port: 30_001 }];
  const id = await deps.insertRoom(schedulerId, { host: "10.0.0.1", ports, cpuMillis: 5 });
  const room = { scheduler, room: id };
  expect(await roomAddress(deps, room)).toEqual({ host: "10.0.0.1", ports });
  const [first] = await listRooms(deps, scheduler, { metric: "cpu", limit: 1 });
  expect(first).toMatchObject({ id, version: "1.0", state: "creating", cpuMillis: 5 });
  const event = { timestamp: 7, event: "matchEnded", metadata: { score: [1, 2] } };
  await recordEvent(deps, room, "player", event);
  const [kept] = await deps.db.select().from(roomEvents);
  expect(kept).toMatchObject({ roomId: id, kind: "player", event: "matchEnded", timestamp: 7 });
  expect(kept?.forwardAt).not.toBeNull();
  await expect(recordEvent(deps, { scheduler, room: "x" }, "room", event)).rejects.toThrow(
    "there is no room x",
  );
});

test("a room's token is its own", () => {
  const room = { scheduler, room: "a" };
  const token = roomToken(deps, room);
  expect(isRoomToken(deps, room, token)).toBe(true);
  expect(isRoomToken(deps, { scheduler, room: "b" }, token)).toBe(false);
  expect(isRoomToken(deps, room, "")).toBe(false);
});

test("a room that ended long ago is deleted, and one that ended tells no more", async () => {
  const longAgo = new Date(Date.now() - 31 * 86_400_000);
  const old = await deps.insertRoom(schedulerId, { state: "terminated", endedAt: longAgo });
  const late = await deps.insertRoom(schedulerId, { state: "terminated", endedAt: new Date() });
  const told = { timestamp: 1, event: "late", metadata: {} };
  await expect(recordEvent(deps, { scheduler, room: late }, "room", told)).rejects.toMatchObject({
    code: "notFound",
  });
  expect(await forgetOldRooms(deps)).toBe(1);
  expect([await rowOf(old), (await rowOf(late)).id]).toEqual([undefined, late]);
});
