import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { nextTicks, type Schedule, tickAt } from "../../server/domain/frequency.ts";

/*
 * Temporal is another implementation of the calendar and of the "compatible" rule. Node has it behind
 * a flag, so it is asked in a process of its own; a Node without it skips the test.
 */

interface Case extends Schedule {
  now: string;
}

/** What Temporal says: the last tick at or before `now` and the four after it, as milliseconds. */
const oracle = `
  const ask = ({ periodSeconds, offsetSeconds, timeZone, now }) => {
    const nowMs = Number(Temporal.Instant.from(now).epochMilliseconds);
    const zero = Temporal.PlainDateTime.from("0001-01-01T00:00");
    const isCounted = timeZone !== null && periodSeconds % 86400 === 0;
    const zone = isCounted ? timeZone : "UTC";
    const days = Math.floor(periodSeconds / 86400);
    const rest = periodSeconds % 86400;
    const middle = Math.floor((nowMs / 1000 + 62135596800 - offsetSeconds) / periodSeconds);
    const instants = new Set();
    for (let k = middle - 4; k <= middle + 10; k += 1) {
      const wall = zero.add({ days: k * days }).add({ seconds: k * rest }).add({ seconds: offsetSeconds });
      const zoned = wall.toZonedDateTime(zone, { disambiguation: "compatible" });
      instants.add(Number(zoned.epochMilliseconds));
    }
    const sorted = [...instants].sort((a, b) => a - b);
    const last = sorted.findLastIndex((instant) => instant <= nowMs);
    return sorted.slice(last, last + 5);
  };
  let text = "";
  process.stdin.on("data", (chunk) => (text += chunk));
  process.stdin.on("end", () => process.stdout.write(JSON.stringify(JSON.parse(text).map(ask))));
`;

function askTemporal(cases: Case[]): number[][] | null {
  const flags = "Temporal" in globalThis ? [] : ["--harmony-temporal"];
  const { stdout, status } = spawnSync(process.execPath, [...flags, "-e", oracle], {
    input: JSON.stringify(cases),
    encoding: "utf8",
  });
  return status === 0 ? (JSON.parse(stdout) as number[][]) : null;
}

const zones = [
  ...["America/New_York", "America/St_Johns", "America/Santiago", "America/Havana"],
  ...["America/Nuuk", "Europe/London", "Europe/Dublin", "Africa/Cairo", "Africa/Casablanca"],
  ...["Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "Antarctica/Casey", "Pacific/Apia"],
  ...["Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Chatham", "UTC", null],
];

/** The same cases each time: a multiplicative generator (Park and Miller). */
function makeCases(count: number): Case[] {
  let seed = 20_260_308;
  const below = (limit: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  return Array.from({ length: count }, () => {
    const days = [86_400, 86_400, 2 * 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400];
    const lengths = [1, 7, 60, 3_600, 5_400, 36 * 3_600, 100_001];
    const periodSeconds = pick(below(4) > 0 ? days : lengths);
    return {
      periodSeconds,
      offsetSeconds: (below(2_000) - 1_000) * 900,
      timeZone: pick(zones),
      now: new Date((below(2_147_483_647) - 400_000_000) * 1000 + below(1000)).toISOString(),
    };
  });
}

const isThere = askTemporal([]) !== null;

test.skipIf(!isThere)(
  "1,000 schedules tick when Temporal says (skipped: a Node without it)",
  () => {
    const cases = makeCases(1_000);
    // Around each change of the clocks too, where random instants seldom fall.
    const changes = ["2011-12-30T10:00:00Z", "1993-08-21T12:00:00Z", "2026-03-08T07:00:00Z"];
    for (const [index, one] of cases.entries()) {
      const change = changes[index % 6];
      if (change) one.now = new Date(Date.parse(change) + (index - 500) * 60_000).toISOString();
    }
    const expected = askTemporal(cases) ?? [];
    const differing = cases.flatMap((one, index) => {
      const now = new Date(one.now);
      const ours = [tickAt(one, now), ...nextTicks(one, now, 4)].map((tick) => tick.toISOString());
      const theirs = (expected[index] ?? []).map((ms) => new Date(ms).toISOString());
      return ours.join() === theirs.join() ? [] : [{ ...one, ours, theirs }];
    });
    expect(differing).toEqual([]);
  },
);
