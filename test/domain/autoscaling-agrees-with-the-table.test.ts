import { expect, test } from "vitest";
import {
  type AutoscalingInput,
  decideScaling,
  type Measured,
  usageOf,
} from "../../server/domain/autoscaling.ts";
import { autoscalingSchema } from "../../shared/autoscaling.ts";

/*
 * The table, worked out by hand from the formulae of the specification. A row: creating/ready/occupied;
 * what else there is; rooms that start (or end, below zero).
 */
const room = { type: "room" as const };
const upRoom = {
  up: { metricsTrigger: [{ ...room, usage: 70, threshold: 80, time: 100, limit: 90 }] },
};
const downRoom = { down: { metricsTrigger: [{ ...room, usage: 50, threshold: 80, time: 100 }] } };
const queue = {
  up: { metricsTrigger: [{ type: "queue" as const }] },
  down: { metricsTrigger: [{ type: "queue" as const, time: 20, threshold: 50 }], cooldown: 0 },
};
const nothing: Measured = { cpu: null, mem: null, queue: null };
const waiting = (count: number, slotsPerRoom = 2) => ({
  ...nothing,
  queue: { waiting: count, slotsPerRoom },
});
const high = (count: number, of = 10) =>
  Array.from({ length: of }, (_, index) => (index < count ? 80 : 60));
const low = (count: number, of = 10) =>
  Array.from({ length: of }, (_, index) => (index < count ? 10 : 60));

interface Row {
  rooms: [creating: number, ready: number, occupied: number];
  scaling: { min: number; max: number; [field: string]: unknown };
  measured?: Measured;
  up?: number[][];
  down?: number[][];
  since?: number | null;
  state?: AutoscalingInput["state"];
  expected: number | null;
}

const cases: [string, Row][] = [
  ["below min", { rooms: [0, 1, 0], scaling: { min: 3, max: 10 }, expected: 2 }],
  [
    "below min, however soon",
    { rooms: [0, 0, 0], scaling: { min: 1, max: 10 }, since: 0, expected: 1 },
  ],
  [
    "creating ones are available",
    { rooms: [3, 0, 0], scaling: { min: 3, max: 10 }, expected: null },
  ],
  ["above max", { rooms: [0, 5, 2], scaling: { min: 1, max: 4 }, expected: -3 }],
  [
    "above max, of ready ones alone",
    { rooms: [0, 1, 6], scaling: { min: 1, max: 4 }, expected: -1 },
  ],
  ["above max, none ready", { rooms: [2, 0, 6], scaling: { min: 1, max: 4 }, expected: null }],
  ["no cap", { rooms: [0, 500, 0], scaling: { min: 1, max: 0 }, expected: null }],
  [
    "while it is created",
    { rooms: [0, 0, 0], scaling: { min: 3, max: 10 }, state: "creating", expected: null },
  ],
  [
    "while it is deleted",
    { rooms: [0, 0, 0], scaling: { min: 3, max: 10 }, state: "terminating", expected: null },
  ],
  // ⌈8·100/70⌉ = 12 − 10
  [
    "room: 9 of 10 points above",
    { rooms: [0, 2, 8], scaling: { min: 1, max: 50, ...upRoom }, up: [high(9)], expected: 2 },
  ],
  [
    "room: 8 of 10 are no more than 80 %",
    { rooms: [0, 2, 8], scaling: { min: 1, max: 50, ...upRoom }, up: [high(8)], expected: null },
  ],
  [
    "room: 9 points of 10 that there shall be",
    { rooms: [0, 2, 8], scaling: { min: 1, max: 50, ...upRoom }, up: [high(9, 9)], expected: 2 },
  ],
  [
    "room: 8 points so far",
    { rooms: [0, 2, 8], scaling: { min: 1, max: 50, ...upRoom }, up: [high(8, 8)], expected: null },
  ],
  [
    "room: older points do not count",
    {
      rooms: [0, 2, 8],
      scaling: { min: 1, max: 50, ...upRoom },
      up: [[...high(9, 9), ...high(0, 10)]],
      expected: null,
    },
  ],
  [
    "room: within the cooldown",
    {
      rooms: [0, 2, 8],
      scaling: { min: 1, max: 50, ...upRoom },
      up: [high(10)],
      since: 299,
      expected: null,
    },
  ],
  [
    "room: after the cooldown",
    {
      rooms: [0, 2, 8],
      scaling: { min: 1, max: 50, ...upRoom },
      up: [high(10)],
      since: 300,
      expected: 2,
    },
  ],
  // ⌈9·100/70⌉ = 13 − 10
  [
    "room: at its limit",
    { rooms: [0, 1, 9], scaling: { min: 1, max: 50, ...upRoom }, since: 0, expected: 3 },
  ],
  [
    "room: at its limit, to max",
    { rooms: [0, 1, 9], scaling: { min: 1, max: 12, ...upRoom }, since: 0, expected: 2 },
  ],
  [
    "room: at its limit, at max",
    { rooms: [0, 1, 9], scaling: { min: 1, max: 10, ...upRoom }, expected: null },
  ],
  // ⌈1000·100/70⌉ = 1429 − 1000 = 429
  [
    "room: 300 at a time",
    { rooms: [0, 0, 1_000], scaling: { min: 1, max: 0, ...upRoom }, expected: 300 },
  ],
  [
    "room: the points say up, the delta does not",
    { rooms: [0, 7, 3], scaling: { min: 1, max: 50, ...upRoom }, up: [high(10)], expected: null },
  ],
  // ⌈2·100/50⌉ = 4 − 10
  [
    "room: below for long",
    { rooms: [0, 8, 2], scaling: { min: 1, max: 50, ...downRoom }, down: [low(9)], expected: -6 },
  ],
  [
    "room: below, to min",
    { rooms: [0, 8, 2], scaling: { min: 7, max: 50, ...downRoom }, down: [low(9)], expected: -3 },
  ],
  [
    "room: below for too short",
    { rooms: [0, 8, 2], scaling: { min: 1, max: 50, ...downRoom }, down: [low(8)], expected: null },
  ],
  [
    "room: below, of ready ones alone",
    { rooms: [6, 2, 2], scaling: { min: 1, max: 50, ...downRoom }, down: [low(10)], expected: -2 },
  ],
  [
    "room: below, within the cooldown",
    {
      rooms: [0, 8, 2],
      scaling: { min: 1, max: 50, ...downRoom },
      down: [low(10)],
      since: 10,
      expected: null,
    },
  ],
  [
    "room: none is occupied, min 0",
    { rooms: [0, 3, 0], scaling: { min: 0, max: 50, ...downRoom }, down: [low(10)], expected: -3 },
  ],
  [
    "room: no rooms, no division",
    {
      rooms: [0, 0, 0],
      scaling: { min: 0, max: 50, ...upRoom, ...downRoom },
      down: [low(10)],
      expected: null,
    },
  ],
  // ⌈(95/60)·10⌉ = 16 − 10
  [
    "cpu: at its limit",
    {
      rooms: [0, 5, 5],
      scaling: { min: 1, max: 50, up: { metricsTrigger: [{ type: "cpu", usage: 60 }] } },
      measured: { ...nothing, cpu: 95 },
      expected: 6,
    },
  ],
  [
    "cpu: cannot be measured",
    {
      rooms: [0, 5, 5],
      scaling: { min: 1, max: 50, up: { metricsTrigger: [{ type: "cpu", usage: 60 }] } },
      up: [high(10)],
      expected: null,
    },
  ],
  // ⌈(20/50)·10⌉ = 4 − 10
  [
    "mem: below for long",
    {
      rooms: [0, 9, 1],
      scaling: {
        min: 1,
        max: 50,
        down: { metricsTrigger: [{ type: "mem", usage: 50, time: 100 }] },
      },
      measured: { ...nothing, mem: 20 },
      down: [low(10)],
      expected: -6,
    },
  ],
  // The first fires not, the second does: ⌈(95/60)·4⌉ = 7 − 4
  [
    "the second of two triggers",
    {
      rooms: [0, 4, 0],
      scaling: {
        min: 1,
        max: 50,
        up: { metricsTrigger: [{ ...room }, { type: "cpu", usage: 60 }] },
      },
      measured: { ...nothing, cpu: 95 },
      expected: 3,
    },
  ],
  [
    "up wins over down",
    {
      rooms: [0, 8, 2],
      scaling: {
        min: 1,
        max: 50,
        up: { metricsTrigger: [{ type: "cpu", usage: 60 }] },
        ...downRoom,
      },
      measured: { ...nothing, cpu: 90 },
      down: [low(10)],
      expected: 5,
    },
  ],
  // 0 + ⌈5/2⌉
  [
    "queue: from zero",
    {
      rooms: [0, 0, 0],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(5),
      since: 0,
      expected: 3,
    },
  ],
  [
    "queue: what is occupied stays",
    { rooms: [0, 0, 2], scaling: { min: 0, max: 8, ...queue }, measured: waiting(3), expected: 2 },
  ],
  [
    "queue: ready rooms will take it",
    {
      rooms: [0, 2, 1],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(4),
      expected: null,
    },
  ],
  [
    "queue: to max",
    {
      rooms: [0, 0, 0],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(1_000),
      expected: 8,
    },
  ],
  [
    "queue: nothing waits, and no room is",
    {
      rooms: [0, 0, 0],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(0),
      expected: null,
    },
  ],
  [
    "queue: back to zero",
    {
      rooms: [0, 3, 0],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(0),
      down: [[0, 0]],
      expected: -3,
    },
  ],
  [
    "queue: not at the first look",
    {
      rooms: [0, 3, 0],
      scaling: { min: 0, max: 8, ...queue },
      measured: waiting(0),
      down: [[0]],
      expected: null,
    },
  ],
];

function inputOf(row: Row): AutoscalingInput {
  const [creating, ready, occupied] = row.rooms;
  return {
    state: row.state ?? "active",
    counts: { creating, ready, occupied },
    autoscaling: autoscalingSchema.parse(row.scaling),
    measured: row.measured ?? nothing,
    points: { up: row.up ?? [], down: row.down ?? [] },
    periodSeconds: 10,
    sinceScaledSeconds: row.since === undefined ? null : row.since,
  };
}

test.each(cases)("%s", (_, row) => {
  expect(decideScaling(inputOf(row))?.delta ?? null).toBe(row.expected);
});

test("a decision names what made it", () => {
  const reason = (name: string) => decideScaling(inputOf(new Map(cases).get(name)!))?.reason;
  expect(reason("below min")).toBe("1 rooms are fewer than min 3");
  expect(reason("room: at its limit")).toBe("up trigger 1 (room): 90 % are at its limit");
  expect(reason("queue: from zero")).toBe("up trigger 1 (queue): transfers wait for rooms");
});

test("usage is of what is available", () => {
  const input = inputOf({
    rooms: [1, 1, 2],
    scaling: { min: 0, max: 9 },
    measured: waiting(4),
    expected: null,
  });
  expect(usageOf("room", input)).toBe(50);
  expect(usageOf("queue", input)).toBe(100);
});
