import { expect, test } from "vitest";
import { runSoak } from "./run-soak.ts";

/* `npm run soak` is the same for longer. */
const timeoutMs = 180_000;

const small = { jobs: 100, kills: 5, stops: 1, outages: 2, outageSeconds: 3, cancels: 1, seed: 1 };
const right = { doubled: [], lost: [], disordered: [] };

test.concurrent(
  "under kills, a stop and outages of PostgreSQL, 503s, 429s, cut connections and a cancel, each tick's work is done once and in order",
  async ({ signal }) => {
    const report = await runSoak({ ...small, log: () => undefined }, signal);
    expect(report).toMatchObject({
      faults: right,
      deaths: [],
      kills: 5,
      stops: 1,
      outages: 2,
      cancels: 1,
    });
    expect(report.jobs).toBeGreaterThanOrEqual(100);
  },
  timeoutMs,
);

test.concurrent(
  "so it is where one of the daemons is of 0.1.0",
  async ({ signal }) => {
    const olderEngine = new URL("../fixtures/engines/0.1.0.mjs", import.meta.url);
    const report = await runSoak({ ...small, olderEngine, log: () => undefined }, signal);
    expect(report).toMatchObject({
      faults: right,
      deaths: [],
      kills: 5,
      stops: 1,
      outages: 2,
      cancels: 1,
    });
  },
  timeoutMs,
);
