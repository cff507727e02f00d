import { expect, test } from "vitest";
import {
  judgeRoom,
  mayRoomMove,
  type ObservedRoom,
  receiveReport,
} from "../../server/domain/room-status.ts";
import { roomStates } from "../../shared/room.ts";

test("a room that leaves never works again, and one that is no more stays so", () => {
  for (const from of ["terminating", "unresponsive", "error", "terminated"] as const) {
    for (const to of ["creating", "ready", "occupied"] as const) {
      expect(mayRoomMove(from, to)).toBe(false);
    }
  }
  expect(roomStates.filter((to) => mayRoomMove("terminated", to))).toEqual([]);
  expect(roomStates.filter((from) => mayRoomMove(from, "creating"))).toEqual([]);
  expect(roomStates.filter((from) => mayRoomMove(from, "occupied"))).toEqual(["creating", "ready"]);
});

test.each([
  ["creating", "ready", false, "ready"],
  ["ready", "occupied", false, "occupied"],
  ["occupied", "ready", false, "ready"],
  ["occupied", "ready", true, "occupied"],
  ["occupied", "terminated", true, "terminated"],
  ["ready", "ready", false, "ready"],
  ["terminating", "occupied", false, null],
  ["terminating", "terminated", false, "terminated"],
  ["unresponsive", "ready", false, null],
  ["terminated", "ready", false, null],
] as const)("%s and the word %s (held: %s) make %s", (state, status, isHeld, expected) => {
  expect(receiveReport(state, status, isHeld)).toBe(expected);
});

const timeouts = { pingTimeoutMs: 30_000, occupiedTimeoutMs: 0, isSilenceExcused: false };
const working: ObservedRoom = {
  state: "ready",
  runtime: { state: "running" },
  silentMs: 1_000,
  occupiedMs: null,
};
const exited = (code: number | null, signal: string | null = null) =>
  ({ state: "exited", code, signal }) as const;

test.each<[string, Partial<ObservedRoom>, Partial<typeof timeouts>, string | null]>([
  ["works and pings", {}, {}, null],
  [
    "is still pending",
    { state: "creating", runtime: { state: "pending", reason: null } },
    {},
    null,
  ],
  ["has not pinged since it was made", { state: "creating", silentMs: 30_001 }, {}, "unresponsive"],
  ["pings no more", { silentMs: 30_001 }, {}, "unresponsive"],
  ["pings no more, occupied", { state: "occupied", silentMs: 30_001 }, {}, "unresponsive"],
  ["is excused its silence", { silentMs: 30_001 }, { isSilenceExcused: true }, null],
  ["was just in time", { silentMs: 30_000 }, {}, null],
  ["runs where nobody can look", { runtime: { state: "unknown" } }, {}, null],
  [
    "pings no more, elsewhere",
    { runtime: { state: "unknown" }, silentMs: 40_000 },
    {},
    "unresponsive",
  ],
  ["is silent while it leaves", { state: "terminating", silentMs: 90_000 }, {}, null],
  ["has left", { state: "terminating", runtime: exited(0) }, {}, "terminated"],
  [
    "was killed while it left",
    { state: "terminating", runtime: exited(null, "SIGKILL") },
    {},
    "terminated",
  ],
  [
    "was given up and is gone",
    { state: "unresponsive", runtime: { state: "missing" } },
    {},
    "terminated",
  ],
  ["ended by itself", { runtime: exited(0) }, {}, "terminated"],
  ["ended before it was ready", { state: "creating", runtime: exited(0) }, {}, "error"],
  ["failed", { runtime: exited(3) }, {}, "error"],
  ["was killed", { state: "occupied", runtime: exited(null, "SIGKILL") }, {}, "error"],
  [
    "is gone, and is excused its silence",
    { runtime: { state: "missing" } },
    { isSilenceExcused: true },
    "error",
  ],
  [
    "was occupied too long",
    { state: "occupied", occupiedMs: 60_001 },
    { occupiedTimeoutMs: 60_000 },
    "terminating",
  ],
  ["may be occupied for ever", { state: "occupied", occupiedMs: 9e9 }, {}, null],
  ["is no more", { state: "terminated", runtime: { state: "missing" } }, {}, null],
])("a room that %s", (_, room, more, expected) => {
  const verdict = judgeRoom({ ...working, ...room }, { ...timeouts, ...more });
  expect(verdict?.state ?? null).toBe(expected);
});

test("a verdict says what happened", () => {
  const reasonOf = (room: Partial<ObservedRoom>) =>
    judgeRoom({ ...working, ...room }, timeouts)?.reason;
  expect(reasonOf({ runtime: exited(3) })).toBe("its process ended with exit code 3");
  expect(reasonOf({ runtime: exited(null, "SIGSEGV") })).toBe("its process was ended by SIGSEGV");
  expect(reasonOf({ silentMs: 45_000 })).toBe("its last ping was 45 s ago");
});
