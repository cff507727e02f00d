import { expect, test } from "vitest";
import { createEventQueue } from "../../server/api/event-queue.ts";
import type { ChangeEvent } from "../../shared/event.ts";

async function takeAll(queue: ReturnType<typeof createEventQueue>): Promise<ChangeEvent[]> {
  const stop = new AbortController();
  const taken: ChangeEvent[] = [];
  // What waits is taken in one go of microtasks; a turn of the event loop later it is all there.
  setImmediate(() => stop.abort());
  for await (const event of queue.take(stop.signal)) taken.push(event);
  return taken;
}

test("what waits is given once and in order", async () => {
  const queue = createEventQueue();
  for (const id of [1, 2, 1, 3]) queue.push({ noun: "job", id });
  expect(await takeAll(queue)).toEqual([1, 2, 3].map((id) => ({ noun: "job", id })));
});

test("a reader that is too slow is told to fetch again, once a noun", async () => {
  const queue = createEventQueue(10);
  for (let id = 0; id < 1_000; id += 1) queue.push({ noun: id % 2 ? "job" : "tableRun", id });
  const taken = await takeAll(queue);
  expect(taken.length).toBeLessThanOrEqual(12);
  expect(taken).toContainEqual({ noun: "job", id: null });
  expect(taken).toContainEqual({ noun: "tableRun", id: null });
});

test("a reader that waits is woken by an event, and ends with its signal", async () => {
  const queue = createEventQueue();
  const stop = new AbortController();
  const events = queue.take(stop.signal);
  const first = events.next();
  queue.push({ noun: "run", id: 1 });
  expect(await first).toEqual({ done: false, value: { noun: "run", id: 1 } });
  const end = events.next();
  stop.abort();
  expect(await end).toEqual({ done: true, value: undefined });
});
