import { asc, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { notifications } from "../../../drizzle/schema/notifications.ts";
import { outbox } from "../../../drizzle/schema/transfers.ts";
import { sendAgain } from "../../../server/services/notifications/send-again.ts";
import { takeDueNotifications } from "../../../server/services/notifications/take-notifications.ts";
import { slackPosts } from "../../../server/services/slack/slack-posts.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { startReceiver } from "../../support/receiver.ts";
import { senderOf } from "./sender.ts";

let fixture: EngineFixture;
let sender: ReturnType<typeof senderOf>;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let answers: number[];

beforeAll(async () => {
  fixture = await openEngineFixture();
  sender = senderOf(fixture);
});
afterAll(() => fixture.close());
beforeEach(async () => {
  receiver = await startReceiver();
  receiver.answer = (_, response) => void response.writeHead(answers.shift() ?? 200).end();
  fixture.deps.givenSettings = { "network.allowed": "127.0.0.1" };
  await fixture.db.delete(notifications);
  await fixture.db.delete(outbox);
});
afterEach(() => receiver.close());

async function table(name: string): Promise<number> {
  const notifyUrls = [`${receiver.url}/${name}`];
  return (await insertCatalog(fixture.db, [{ name, notifyUrls }])).get(name)!;
}

const rows = () => fixture.db.select().from(notifications).orderBy(asc(notifications.id));
const states = async () => (await rows()).map(({ state, attempts }) => [state, attempts.length]);

/** So many attempts one after the other, without their pauses; how each ended. */
async function attempt(times: number) {
  const ended = [];
  for (let at = 0; at < times; at += 1) {
    ended.push(...(await sender.sendDue()));
    await sender.letTimePass();
  }
  return ended;
}

const waits = Array.from({ length: 5 }, () => "queued");

test.each([301, 400, 401, 403, 404, 410])(
  "an answer of %i is given up after six attempts, and what is behind it after one, until one is taken",
  async (status) => {
    const id = await table(`refused_${status}`);
    await sender.queued(id, id, id, id);
    answers = Array.from({ length: 7 }, () => status);
    expect(await attempt(6)).toEqual([...waits, "failed"]);
    expect(await attempt(2)).toEqual(["failed", "delivered"]);
    answers = [status];
    expect(await attempt(1)).toEqual(["queued"]);
    expect(await states()).toEqual([
      ["failed", 6],
      ["failed", 1],
      ["delivered", 1],
      ["queued", 1],
    ]);
  },
);

test("who asks for patience, or has a fault, is told later; one such answer among refusals counts anew", async () => {
  const id = await table("patient");
  await sender.queued(id);
  answers = [404, 404, 404, 404, 404, 503, 408, 425, 429, 500, 404, 404, 404, 404, 404];
  expect(await attempt(16)).toEqual([...Array.from({ length: 15 }, () => "queued"), "delivered"]);
});

test("after an outage of a day nothing is given up before six attempts, and Slack hears of it once", async () => {
  const id = await table("outage");
  await sender.queued(id, id, id);
  await fixture.db.update(notifications).set({ giveUpAt: sql`now() - interval '1 hour'` });
  answers = Array.from({ length: 7 }, () => 503);
  expect(await attempt(6)).toEqual([...waits, "failed"]);
  expect(await attempt(2)).toEqual(["failed", "delivered"]);
  const [first] = await rows();
  const news = await fixture.db.select().from(outbox);
  expect(news.map(({ payload }) => payload)).toEqual([
    { kind: "notTold", notificationId: first!.id },
  ]);
  const told = { kind: "notTold", notificationId: first!.id } as const;
  const [post] = await slackPosts(fixture.db, 1, told, {
    publicUrl: "https://maestro.test",
    channel: "data",
  });
  expect(post?.text).toContain(
    `*<https://maestro.test/tables/${id}|d.outage>* was not told to ${new URL(receiver.url).host}, and was given up after 6 attempts: it answered 503`,
  );
});

test("one that is sent again behind later ones says that it is late", async () => {
  const id = await table("again");
  await sender.queued(id, id);
  answers = Array.from({ length: 6 }, () => 404);
  await attempt(7);
  expect((await states()).map(([state]) => state)).toEqual(["failed", "delivered"]);
  const [first] = await rows();
  const user = { id: 1, email: "a@example.com", name: "", isAdmin: true, groups: [] };
  const principal = { kind: "session", user } as const;
  const context = { principal, actor: nobody };
  expect(await sendAgain(fixture.deps, first!.id, context)).toEqual({
    id: first!.id,
    laterDelivered: 1,
  });
  answers = [404];
  expect(await attempt(2)).toEqual(["queued", "delivered"]);
  const late = receiver.received.map(({ headers }) => headers["maestro-late"]);
  expect(late.slice(-3)).toEqual([undefined, "true", "true"]);
});

test("of many receivers that hang, half of the places stay free for the others, and each host has its turn", async () => {
  const hosts = Array.from({ length: 20 }, (_, at) => `http://hanging${at}.test/`);
  const ids = await insertCatalog(fixture.db, [
    { name: "many", notifyUrls: hosts.slice(0, 10) },
    { name: "more", notifyUrls: hosts.slice(10) },
    { name: "sound", notifyUrls: ["http://sound.test/a"] },
    { name: "sound_too", notifyUrls: ["http://sound.test/b", "http://fine.test/"] },
  ]);
  await sender.queued(...ids.values());
  await fixture.db.execute(
    sql`update notifications set attempts = '[{}]' where host like 'hanging%'`,
  );
  const taken = await takeDueNotifications(fixture.deps, []);
  expect(taken.filter(({ isTroubled }) => isTroubled)).toHaveLength(8);
  expect(
    taken
      .filter(({ isTroubled }) => !isTroubled)
      .map(({ url }) => url)
      .sort(),
  ).toEqual(["http://fine.test/", "http://sound.test/a", "http://sound.test/b"]);
  const busy = taken.filter(({ isTroubled }) => isTroubled);
  expect(await takeDueNotifications(fixture.deps, busy)).toEqual([]);
});
