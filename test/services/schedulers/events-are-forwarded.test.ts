import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { roomEvents } from "../../../drizzle/schema/schedulers.ts";
import { forwardEvents } from "../../../server/services/rooms/forward-events.ts";
import { recordEvent } from "../../../server/services/rooms/record-event.ts";
import { createScheduler } from "../../../server/services/schedulers/create-scheduler.ts";
import { actor, openSchedulerDeps, type SchedulerDeps } from "./fixture.ts";

let deps: SchedulerDeps;
const got: unknown[] = [];
let status = 200;
const receiver = createServer(async (request, response) => {
  got.push(await json(request));
  response.writeHead(status, { location: "http://127.0.0.1:9/" }).end();
});

beforeAll(async () => {
  deps = await openSchedulerDeps();
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as AddressInfo;
  const { id } = await createScheduler(deps, actor, {
    name: "games",
    cmd: ["true"],
    forwarders: [{ url: `http://127.0.0.1:${port}/events` }],
  });
  await deps.insertRoom(id, { id: "r1" });
});
afterAll(async () => {
  receiver.close();
  await deps.close();
});

const forward = (allowed: string) =>
  forwardEvents(
    { ...deps, givenSettings: { "network.allowed": allowed } },
    new AbortController().signal,
  );
const tell = (event: string) =>
  recordEvent(deps, { scheduler: "games", room: "r1" }, "player", {
    timestamp: 7,
    event,
    metadata: { score: 3 },
  });
const rowOf = async (id: number) =>
  (await deps.db.select().from(roomEvents)).find((row) => row.id === id);
const makeDue = () =>
  deps.db.execute(sql`update room_events set forward_at = now()
  where forward_at is not null`);

test("an event is forwarded once it is taken, and again with the same id until it is", async () => {
  const { id } = await tell("won");
  status = 500;
  await forward("127.0.0.1");
  expect(await rowOf(id)).toMatchObject({ forwardAttempts: 1, forwardAt: expect.any(Date) });
  expect((await rowOf(id))?.forwardError).toContain("it answered 500");
  await forward("127.0.0.1");
  expect(got).toHaveLength(1);

  status = 200;
  await makeDue();
  await forward("127.0.0.1");
  expect(await rowOf(id)).toMatchObject({ forwardAt: null, forwardError: null });
  expect(got).toEqual([got[0], got[0]]);
  expect(got[0]).toEqual({
    id,
    scheduler: "games",
    room: "r1",
    kind: "player",
    event: "won",
    metadata: { score: 3 },
    timestamp: 7,
    createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  await makeDue();
  await forward("127.0.0.1");
  expect(got).toHaveLength(2);
});

test("an address that is not public is asked nothing unless an admin allows it; no redirect is followed", async () => {
  got.length = 0;
  const { id } = await tell("lost");
  await forward("");
  expect(got).toHaveLength(0);
  expect((await rowOf(id))?.forwardError).toContain("127.0.0.1 is not a public address");
  status = 302;
  await makeDue();
  await forward("127.0.0.1");
  expect((await rowOf(id))?.forwardError).toContain("it answered 302");
  expect(got).toHaveLength(1);
});

test("after ten attempts an event stays where it is, with why", async () => {
  const { id } = await tell("drawn");
  await deps.db.execute(sql`update room_events set forward_attempts = 9 where id = ${id}`);
  await forward("");
  expect(await rowOf(id)).toMatchObject({ forwardAttempts: 10, forwardAt: null });
  expect((await rowOf(id))?.forwardError).toContain("is not a public address");
});
