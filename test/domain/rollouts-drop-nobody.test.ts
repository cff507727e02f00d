import { expect, test } from "vitest";
import { planRollout, type RolloutRoom } from "../../server/domain/rollout.ts";
import type { RoomState } from "../../shared/room.ts";

const make = (count: number, state: RoomState, isOld: boolean): RolloutRoom[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${isOld ? "old" : "new"}-${state}-${index}`,
    state,
    isOld,
    isDraining: false,
  }));

const plan = (rooms: RolloutRoom[], more: { capacity?: number; desired?: number } = {}) =>
  planRollout({ desired: 10, maxSurge: 25, capacity: 100, rooms, ...more });

test("nothing is to be done where nothing is old", () => {
  expect(plan(make(10, "ready", false))).toBeNull();
});

test("a chunk of new rooms comes before any old one goes", () => {
  expect(plan(make(10, "ready", true))).toEqual({ start: 3, end: [], drain: [] });
  const booting = [...make(10, "ready", true), ...make(3, "creating", false)];
  expect(plan(booting)).toEqual({ start: 0, end: [], drain: [] });
});

test("as many old ones go as new ones are ready, free ones before occupied ones", () => {
  const rooms = [
    ...make(8, "occupied", true),
    ...make(2, "ready", true),
    ...make(3, "ready", false),
  ];
  const step = plan(rooms);
  expect(step?.end).toEqual(["old-ready-0", "old-ready-1"]);
  expect(step?.drain).toEqual(["old-occupied-0"]);
});

test("old rooms that boot go at once", () => {
  const rooms = [...make(4, "creating", true), ...make(6, "ready", true)];
  expect(plan(rooms)?.end).toEqual([0, 1, 2, 3].map((n) => `old-creating-${n}`));
});

test("where no room more has a place, a chunk of free ones makes it, and never an occupied one", () => {
  const full = [...make(4, "ready", true), ...make(6, "occupied", true)];
  expect(plan(full, { capacity: 0 })).toEqual({
    start: 0,
    end: ["old-ready-0", "old-ready-1", "old-ready-2"],
    drain: [],
  });
  expect(plan(make(10, "occupied", true), { capacity: 0 })).toEqual({
    start: 0,
    end: [],
    drain: [],
  });
});

test("step by step all become new, never fewer than desired serve, and never more than a chunk is too many", () => {
  let rooms = [...make(5, "ready", true), ...make(5, "occupied", true)];
  let made = 0;
  for (let steps = 0; ; steps += 1) {
    expect(steps).toBeLessThan(100);
    const step = plan(rooms);
    if (!step) break;
    const going = new Set([...step.end, ...step.drain]);
    const serving = rooms.filter(({ id, state }) => !going.has(id) && state !== "creating");
    expect(serving.length).toBeGreaterThanOrEqual(10);
    rooms = rooms
      .filter(({ id, isDraining }) => !step.end.includes(id) && !isDraining)
      .map((room) => ({
        ...room,
        isDraining: room.isDraining || step.drain.includes(room.id),
        state: room.state === "creating" ? "ready" : room.state,
      }));
    for (let index = 0; index < step.start; index += 1) {
      made += 1;
      rooms.push({ id: `made-${made}`, state: "creating", isOld: false, isDraining: false });
    }
    expect(rooms.length).toBeLessThanOrEqual(13);
  }
  expect(made).toBe(10);
});
