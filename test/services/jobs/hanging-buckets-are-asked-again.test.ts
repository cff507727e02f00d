import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ObjectStore } from "../../../server/connectors/object-store.ts";
import { completeExtract } from "../../../server/services/jobs/complete-extract.ts";
import type { DrivenJob } from "../../../server/services/jobs/driven-job.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const driven = {
  claim: { id: 1, fence: 1, definition: { dataset: "d", name: "a", extract: true } },
  job: { id: 1, step: "extract", attempt: 1, configuration: {} },
} as unknown as DrivenJob;

/** Lists by these, one after another; the last answers all that come after. */
function complete(answers: ObjectStore["list"][]) {
  const list: ObjectStore["list"] = (prefix) =>
    (answers.length > 1 ? answers.shift()! : answers[0]!)(prefix);
  const told: (string | undefined)[] = [];
  const settlement = completeExtract(
    {
      objectStore: { bucket: "b", list } as ObjectStore,
      now: () => new Date(0),
      random: () => 0,
    },
    driven,
    { state: "DONE", error: null, configuration: {}, statistics: {} },
    {
      signal: new AbortController().signal,
      cancel: new AbortController().signal,
      onTrouble: (fault) => told.push(fault?.message),
    },
  );
  return { settlement, told };
}

const hang = () => new Promise<never>(() => undefined);

test("a bucket that does not answer is asked again after 30 s, and that is told", async () => {
  const { settlement, told } = complete([hang, () => Promise.resolve([{ name: "x", bytes: 1 }])]);
  await vi.waitFor(() => {
    vi.advanceTimersByTime(30_000);
    expect(told).toEqual(["it did not list the files within 30 s"]);
  });
  expect(await settlement).toMatchObject({ state: "succeeded", extractObjects: ["x"] });
});

test("one that never answers fails the table run after some tries, with the reason", async () => {
  const { settlement, told } = complete([hang]);
  await vi.waitFor(() => {
    vi.advanceTimersByTime(30_000);
    expect(told).toHaveLength(9);
  });
  expect(await settlement).toMatchObject({
    state: "failed",
    reason: { code: "extractUnlisted", text: expect.stringMatching(/did not list .* within 30 s/) },
  });
});
