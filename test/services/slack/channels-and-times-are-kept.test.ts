import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { jobs, runs } from "../../../drizzle/schema/runs.ts";
import { settings } from "../../../drizzle/schema/settings.ts";
import { outbox } from "../../../drizzle/schema/transfers.ts";
import { groups } from "../../../drizzle/schema/users.ts";
import { createSlack } from "../../../server/connectors/slack.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { changeSettings } from "../../../server/services/settings/change-settings.ts";
import { deliverNews } from "../../../server/services/slack/deliver-news.ts";
import { watchDigest } from "../../../server/services/slack/watch-digest.ts";
import { watchLateRuns } from "../../../server/services/slack/watch-late-runs.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { startSlackServer } from "../../support/slack-server.ts";

const token = "xoxb-1-token-of-the-tests";
const minuteMs = 60_000;
let fixture: EngineFixture;
let slack: Awaited<ReturnType<typeof startSlackServer>>;
let group: (name: string, slackChannel: string | null) => Promise<number>;

beforeAll(async () => {
  fixture = await openEngineFixture();
  group = async (name, slackChannel) => {
    const [row] = await fixture.db.insert(groups).values({ name, slackChannel }).returning();
    return row!.id;
  };
});
afterAll(() => fixture.close());
beforeEach(async () => {
  slack = await startSlackServer({ token, channels: ["data", "sales", "finance"] });
  fixture.deps.slack = createSlack({ apiUrl: slack.url });
  fixture.deps.givenSettings = { "slack.token": token, "slack.channel": "data" };
  fixture.deps.now = () => new Date();
  fixture.warehouse.outcome = () => null;
  await fixture.db.delete(outbox);
});
afterEach(() => slack.close());

async function tellAll(): Promise<void> {
  while (await deliverNews(fixture.deps));
}

/** A run that ends, with nobody who tells. */
async function ended(runId: number): Promise<string> {
  const engine = fixture.start({ ticks: false });
  const { state } = await fixture.runEnded(runId);
  await engine.stop();
  return state;
}

const shown = () =>
  slack.messages.map(
    ({ channel, threadTs, text }) => `${channel} ${threadTs ? `> ${text}` : "run"}`,
  );

test("each group hears of its own tables that failed, and a channel that refuses keeps it from no other", async () => {
  const [sales, finance, gone, silent] = [
    await group("sales", "sales"),
    await group("finance", "finance"),
    await group("gone", "archived"),
    await group("silent", null),
  ];
  const ids = await insertCatalog(fixture.db, [
    { name: "sold", groupId: sales },
    { name: "archived", groupId: gone },
    { name: "paid", groupId: finance },
    { name: "kept", groupId: silent },
    { name: "good", groupId: sales },
  ]);
  fixture.warehouse.outcome = ({ table }) =>
    table === "d.good" ? null : { reason: "invalidQuery", message: "no" };
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect(await ended(runId)).toBe("failed");
  await tellAll();
  expect(shown().sort()).toEqual([
    "data > d.kept",
    "data run",
    "finance > d.paid",
    "finance run",
    "sales > d.sold",
    "sales run",
  ]);
  const [news] = await fixture.db.select().from(outbox);
  expect(news).toMatchObject({
    lastError: expect.stringContaining("channel_not_found to #archived"),
  });

  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId, nobody);
  expect(await ended(runId)).toBe("succeeded");
  await tellAll();
  const heads = slack.messages.filter(({ threadTs }) => threadTs === null);
  expect(heads.map((head) => head.shown.includes("succeeded"))).toEqual([true, true, true]);
  expect(slack.messages).toHaveLength(6);
});

test("the channel of a frequency goes before those of groups, and theirs before that of the settings", async () => {
  const groupId = await group("owners", "finance");
  const at = new Date(Math.floor(Date.now() / minuteMs) * minuteMs - 2 * minuteMs);
  const make = async (name: string, slackChannel: string | null, groupIds: (number | null)[]) => {
    const frequencyId = await insertFrequency(fixture.db, {
      name,
      periodSeconds: 60,
      slackChannel,
      effectiveFrom: new Date(0),
    });
    const tables = groupIds.map((id, index) => ({
      name: `${name}_${index}`,
      frequencyId,
      groupId: id,
    }));
    await insertCatalog(fixture.db, tables);
    await assembleRun(fixture.deps, frequencyId, at);
    await assembleRun(fixture.deps, frequencyId, new Date(at.getTime() + minuteMs));
  };
  await make("own", "sales", [groupId]);
  await make("owned", null, [groupId, groupId]);
  await make("shared", null, [groupId, null]);
  await tellAll();
  expect(slack.messages.map(({ channel }) => channel)).toEqual(["sales", "finance", "data"]);
  await fixture.db.update(runs).set({ state: "succeeded", endedAt: sql`now()` });
});

test("a run that has not ended when it was to is told once, and that message changes as it ends", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "nightly",
    periodSeconds: 86_400,
    effectiveFrom: new Date(0),
  });
  await insertCatalog(fixture.db, [{ name: "n", frequencyId }]);
  const today = new Date(new Date().setUTCHours(0, 0, 0, 0));
  const since = (minutes: number, from = today) => new Date(from.getTime() + minutes * minuteMs);
  // Three nights of 20 minutes, and one that was resumed and took all day.
  for (const [night, minutes] of [20, 20, 20, 1_000].entries()) {
    const tickAt = since(-1_440 * (night + 1));
    const endedAt = since(minutes, tickAt);
    const resumedCount = minutes === 1_000 ? 1 : 0;
    const past = { kind: "tick", state: "succeeded", frequencyId, tickAt, endedAt, resumedCount };
    await fixture.db.insert(runs).values(past as typeof runs.$inferInsert);
  }
  const assembled = await assembleRun(fixture.deps, frequencyId, today);
  const runId = assembled.kind === "started" ? assembled.runId : 0;
  const look = async (minutes: number) => {
    fixture.deps.now = () => since(minutes);
    await Promise.all([watchLateRuns(fixture.deps), watchLateRuns(fixture.deps)]);
    await tellAll();
    return slack.messages.length;
  };
  expect(await look(39)).toBe(0);
  expect([await look(40), await look(45)]).toEqual([1, 1]);
  const [late] = slack.messages;
  expect(late!.shown).toContain(
    `of nightly, ${today.toISOString()}, is late: it was to end at ${today.toISOString().slice(0, 10)} 00:40 UTC, which is twice as long as such runs take. 0 of 1 tables are done`,
  );
  expect(await ended(runId)).toBe("succeeded");
  await tellAll();
  expect(late!.shown).toContain("was late: it succeeded");
  expect(slack.messages).toHaveLength(1);
});

test("a run that ends while Slack is being told that it is late is told to have ended", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "hourly",
    periodSeconds: 3_600,
    lateAfterSeconds: 60,
    effectiveFrom: new Date(0),
  });
  await insertCatalog(fixture.db, [{ name: "ends_late", frequencyId }]);
  const tickAt = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
  const assembled = await assembleRun(fixture.deps, frequencyId, tickAt);
  const runId = assembled.kind === "started" ? assembled.runId : 0;
  fixture.deps.now = () => new Date(tickAt.getTime() + 2 * minuteMs);
  await watchLateRuns(fixture.deps);
  fixture.deps.now = () => new Date();
  const { post } = fixture.deps.slack;
  fixture.deps.slack.post = async (...given) => {
    const place = await post(...given);
    expect(await ended(runId)).toBe("succeeded");
    return place;
  };
  await tellAll();
  expect(slack.messages.map(({ shown }) => shown)).toEqual([
    expect.stringContaining("was late: it succeeded"),
  ]);
});

test("the day is told once, at its hour of the zone's clock, with what ran, failed and cost", async () => {
  const { db, deps } = fixture;
  const at = (text: string) => {
    deps.now = () => new Date(text);
  };
  await db.update(runs).set({ endedAt: sql`now() - interval '9 years'` });
  const zone = { "slack.digestHour": "8", "slack.digestTimeZone": "Europe/Berlin" };
  deps.givenSettings = { ...deps.givenSettings, ...zone, "web.publicUrl": "https://maestro.test" };
  deps.givenSettings["costs.currency"] = "EUR";
  const run = async (state: "succeeded" | "failed" | "cancelled", endedAt: string) => {
    const values = { kind: "manual", state, endedAt: new Date(endedAt) } as const;
    const [row] = await db
      .insert(runs)
      .values({ ...values, createdAt: new Date(endedAt) })
      .returning();
    return row!.id;
  };
  await run("failed", "2030-03-19T06:59:00Z");
  const failed = await run("failed", "2030-03-19T07:01:00Z");
  await run("succeeded", "2030-03-20T07:00:00Z");
  await run("succeeded", "2030-03-20T07:01:00Z");
  await db.insert(jobs).values({
    step: "query",
    attempt: 1,
    bqJobId: "billed in the day",
    configuration: {},
    configurationHash: "",
    state: "succeeded",
    bytesBilled: 2 ** 41,
    createdAt: new Date("2030-03-19T12:00:00Z"),
  });
  at("2030-03-20T06:59:00Z");
  await watchDigest(deps);
  expect(await db.$count(outbox, eq(outbox.topic, "slack"))).toBe(0);
  at("2030-03-20T07:00:30Z");
  await Promise.all([watchDigest(deps), watchDigest(deps)]);
  at("2030-03-20T07:05:00Z");
  await watchDigest(deps);
  await tellAll();
  expect(slack.messages).toHaveLength(1);
  expect(slack.messages[0]!.shown.split("\n")).toEqual([
    ":calendar: *<https://maestro.test/|The day up to 2030-03-20, 08:00 Europe/Berlin>*",
    "1 run succeeded, 1 failed, 0 were cancelled; 0 ticks skipped, 0 runs late, 0 running",
    "0 tables succeeded, 0 failed, 0 were skipped for them",
    "Cost: <https://maestro.test/costs|12.50 EUR>",
    `• <https://maestro.test/runs/${failed}|Run ${failed}> started by hand: 0 tables failed`,
  ]);
  at("2030-03-21T13:30:00Z");
  await watchDigest(deps);
  expect(await db.$count(outbox, sql`${outbox.deliveredAt} is null`)).toBe(0);
});

test("another clock for the hour of the digest tells no day twice", async () => {
  const { db, deps } = fixture;
  const now = new Date();
  deps.now = () => now;
  const hour = String(now.getUTCHours());
  await changeSettings(deps, nobody, { "slack.digestHour": hour, "slack.digestTimeZone": "UTC" });
  await db.update(settings).set({ updatedAt: new Date(now.getTime() - 86_400_000) });
  await watchDigest(deps);
  expect(await db.$count(outbox, eq(outbox.topic, "slack"))).toBe(1);
  await changeSettings(deps, nobody, { "slack.digestTimeZone": "Etc/GMT-1" });
  await watchDigest(deps);
  expect(await db.$count(outbox, eq(outbox.topic, "slack"))).toBe(1);
});
