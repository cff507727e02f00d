import { expect, test } from "vitest";
import { criticalPath } from "../../server/domain/critical-path.ts";
import { findDrawnIn } from "../../server/domain/drawn-in.ts";
import { type StorySubject, tellStory } from "../../server/domain/table-run-story.ts";
import { waitReason } from "../../server/domain/wait-reason.ts";
import { lengthText, utcText } from "../../server/domain/words.ts";
import type { RunListItem, TableRunView } from "../../shared/run.ts";
import type { StoryFacts, StoryJob } from "../../shared/story-facts.ts";
import type { WaitFacts } from "../../shared/wait-facts.ts";

const limits = { concurrentTableRuns: 16, concurrentTableRunsPerRun: 4 };
const nothing: WaitFacts = {
  id: 1,
  state: "ready",
  step: "query",
  isParked: false,
  pendingParents: 0,
  pendingParent: null,
  pendingTicks: 0,
  pendingTick: null,
  awaitUntil: null,
  busy: null,
  slotsBusy: 0,
  runSlotsBusy: 0,
  hasDaemon: true,
  uploadUntil: null,
  transfer: null,
};
const why = (facts: Partial<WaitFacts>) => waitReason({ ...nothing, ...facts }, limits);

test("parents are named before the tick of another frequency, which is named with its run and end", () => {
  const pendingTick = {
    tableName: "d.x",
    frequencyId: 3,
    frequencyName: "hourly",
    tickAt: "2026-03-05T06:00:00.000Z",
    runId: 12,
  };
  const waiting = {
    state: "waiting" as const,
    pendingTicks: 1,
    pendingTick,
    awaitUntil: "2026-03-05T07:00:30.000Z",
  };
  expect(why(waiting)).toEqual({
    code: "parentTick",
    text: "waits for d.x: the tick of 2026-03-05 06:00 UTC of hourly, run 12, until 2026-03-05 07:00:30 UTC",
    tableName: "d.x",
    frequencyId: 3,
    tickAt: pendingTick.tickAt,
    runId: 12,
    until: waiting.awaitUntil,
  });
  const pendingParent = { tableRunId: 7, tableName: "d.a" };
  expect(why({ ...waiting, pendingParents: 4, pendingParent })).toEqual({
    code: "parentsPending",
    text: "waits for d.a and 3 more",
    ...pendingParent,
  });
  expect(why({ state: "waiting" })?.code).toBe("starting");
});

test("what is ready names what holds it; an import and an upload need no slot to begin", () => {
  expect(why({ slotsBusy: 16, runSlotsBusy: 4 })).toMatchObject({ code: "slotsFull" });
  expect(why({ slotsBusy: 5, runSlotsBusy: 4 })?.text).toBe(
    "waits for a free slot: 4 of its run's 4 are busy",
  );
  expect(why({ slotsBusy: 16, step: "import" })?.code).toBe("starting");
  expect(why({ hasDaemon: false, slotsBusy: 16 })?.code).toBe("noDaemon");
  expect(why({ busy: { tableRunId: 1, runId: 2 }, hasDaemon: false })?.code).toBe("tableBusy");
  const loading = { state: "running" as const, step: "load", isParked: true };
  expect(why({ ...loading, slotsBusy: 16 })?.code).toBe("slotsFull");
  expect(why({ ...loading, isParked: false, slotsBusy: 16 })).toBeNull();
  const imported = { state: "running" as const, step: "import", isParked: true };
  expect(
    why({
      ...imported,
      transfer: { state: "running", error: null, retryAt: null, fullDatabase: null },
    }),
  ).toBeNull();
});

/** top → left, right → bottom; beside → bottom. */
const linked = [
  { id: 1, tableName: "d.top", parentIds: [] },
  { id: 2, tableName: "d.left", parentIds: [1] },
  { id: 3, tableName: "d.right", parentIds: [1] },
  { id: 4, tableName: "d.bottom", parentIds: [2, 3, 5] },
  { id: 5, tableName: "d.beside", parentIds: [] },
];

test("each table that was drawn in is told of the table asked for that it belongs to", () => {
  const asked = (...ids: number[]) =>
    linked.map((each) => ({ ...each, asked: ids.includes(each.id) }));
  expect(Object.fromEntries(findDrawnIn(asked(2)))).toEqual({
    1: { as: "ancestor", of: "d.left" },
    4: { as: "descendant", of: "d.left" },
  });
  expect(findDrawnIn(asked(4)).get(5)).toEqual({ as: "ancestor", of: "d.bottom" });
  expect(findDrawnIn(linked.map((each) => ({ ...each, asked: null }))).size).toBe(0);
});

test("the critical path goes back from what ended last, or from what has most below it", () => {
  const timed = (id: number, lastParentId: number | null, endedAt: string | null, more = {}) => ({
    id,
    lastParentId,
    startedAt: "0",
    endedAt,
    remainingSeconds: 0,
    ...more,
  });
  const ended = [timed(1, null, "1"), timed(2, 1, "3"), timed(3, 1, "2"), timed(4, 2, "4")];
  expect(criticalPath(ended)).toEqual([1, 2, 4]);
  const running = [
    timed(1, null, "1"),
    timed(2, 1, null),
    timed(3, 1, null, { remainingSeconds: 9 }),
  ];
  expect(criticalPath(running)).toEqual([1, 3]);
  expect(criticalPath([])).toEqual([]);
});

const at = (second: number) => `2026-03-05T06:00:${String(second).padStart(2, "0")}.000Z`;
const run = {
  id: 12,
  kind: "tick",
  frequencyId: 1,
  frequencyName: "daily",
  tickAt: at(0),
  createdAt: at(0),
  startedBy: null,
  request: null,
  steering: [],
} as unknown as RunListItem;
const quiet: StoryFacts = {
  jobs: [],
  transfers: [],
  ticks: [],
  others: [],
  extractRemovedAt: null,
  slotsBusy: 0,
  runSlotsBusy: 0,
};

function tell(
  view: Partial<TableRunView>,
  more: Partial<StorySubject>,
  facts: Partial<StoryFacts>,
) {
  const subject = {
    run,
    asked: null,
    drawnIn: undefined,
    lastParentName: null,
    limits,
    view: {
      tableName: "d.t",
      kind: "summary",
      parentIds: [],
      readyAt: null,
      startedAt: null,
      workedAt: null,
      endedAt: null,
      rowCount: null,
      ...view,
    } as TableRunView,
    ...more,
  };
  return tellStory(subject, { ...quiet, ...facts }).map(
    ({ at: when, until, text }) =>
      `${when.slice(17, 19)}${until ? `-${until.slice(17, 19)}` : ""} ${text}`,
  );
}

test("a story tells parents, a tick, another run and the slot one after the other", () => {
  const view = {
    state: "succeeded" as const,
    parentIds: [1, 2],
    readyAt: at(20),
    startedAt: at(40),
    endedAt: at(50),
    rowCount: 1200,
  };
  const tick = {
    tableName: "d.x",
    frequencyName: "hourly",
    tickAt: at(0),
    runId: 11,
    state: "succeeded" as const,
    endedAt: at(15),
  };
  const others = [{ runId: 9, endedAt: at(25) }];
  const facts = { ticks: [tick], others, slotsBusy: 7, runSlotsBusy: 4 };
  expect(tell(view, { lastParentName: "d.b" }, facts)).toEqual([
    "00 run 12 was made, and d.t is in it for the tick of 2026-03-05 06:00 UTC of daily",
    "00-20 waited for its 2 parents: d.b was the last",
    "00-15 waited for d.x, the tick of 2026-03-05 06:00 UTC of hourly",
    "20-25 waited for run 9, which ran the same table",
    "25-40 waited for a free slot: the 4 of its run were busy",
    "50 succeeded after 10 s: 1,200 rows",
  ]);
  const slots = (facts: Partial<StoryFacts>) =>
    tell(view, {}, facts).find((line) => line.startsWith("20-40"));
  expect(slots({ slotsBusy: 16 })).toBe("20-40 waited for a free slot: all 16 were busy");
  expect(slots({ slotsBusy: 3 })).toBe("20-40 waited for a daemon to take it up");
});

test("a story tells uploads, imports and each attempt with its fault", () => {
  const view = { state: "running" as const, readyAt: at(1), startedAt: at(1), workedAt: at(9) };
  const job: StoryJob = {
    step: "load",
    attempt: 1,
    state: "failed",
    bqJobId: "j1",
    error: "backendError",
    bytesProcessed: null,
    bytesBilled: null,
    slotMs: null,
    cacheHit: null,
    isSubmitted: true,
    createdAt: at(12),
    endedAt: at(13),
  };
  const retry: StoryJob = {
    ...job,
    attempt: 2,
    state: "pending",
    bqJobId: "j2",
    error: null,
    isSubmitted: false,
  };
  const jobs = [job, { ...retry, createdAt: at(14), endedAt: null }];
  const reason = { code: "retrying" as const, text: "attempt 1 met a transient fault" };
  expect(tell({ ...view, kind: "external", reason }, {}, { jobs }).slice(2)).toEqual([
    "01-09 waited for its files to be uploaded",
    "12-13 load job, attempt 1 failed: backendError",
    "14 load job, attempt 2 is about to be sent to BigQuery",
    "14 now: attempt 1 met a transient fault",
  ]);
  const transfer = {
    kind: "import" as const,
    state: "succeeded" as const,
    attempt: 2,
    error: null,
    rows: 5000,
    schemaChange: null,
    anew: null,
    startedAt: at(9),
    endedAt: at(11),
  };
  expect(
    tell({ ...view, kind: "import", reason }, {}, { transfers: [transfer] }).slice(2, 4),
  ).toEqual(["01-09 waited for a free room", "09-11 imported 5,000 rows at the second try"]);
});

test("instants and lengths are written as people read them", () => {
  expect(utcText("2026-03-05T06:00:00.000Z")).toBe("2026-03-05 06:00 UTC");
  expect(utcText("2026-03-05T06:00:07.000Z")).toBe("2026-03-05 06:00:07 UTC");
  expect([412, 9_960, 59_600, 3_599_600, 7_800_000].map(lengthText)).toEqual([
    "0.4 s",
    "10 s",
    "1 min 0 s",
    "1 h 0 min",
    "2 h 10 min",
  ]);
});
