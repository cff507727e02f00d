import { asc } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { jobs } from "../../../drizzle/schema/runs.ts";
import { outbox } from "../../../drizzle/schema/transfers.ts";
import { createSlack } from "../../../server/connectors/slack.ts";
import { tellSlack } from "../../../server/db/outbox.ts";
import { failedTableBlocks } from "../../../server/domain/slack-text.ts";
import { admitUser } from "../../../server/services/access/admit-user.ts";
import { assembleRun } from "../../../server/services/runs/assemble-run.ts";
import { resumeRun } from "../../../server/services/runs/resume-run.ts";
import { startRun } from "../../../server/services/runs/start-run.ts";
import { deliverNews } from "../../../server/services/slack/deliver-news.ts";
import { slackState } from "../../../server/services/slack/slack-state.ts";
import { testSlack } from "../../../server/services/slack/test-slack.ts";
import { watchBudget } from "../../../server/services/slack/watch-budget.ts";
import { insertCatalog, insertFrequency } from "../../support/catalog.ts";
import { chooseTables, nobody } from "../../support/choose-tables.ts";
import { type EngineFixture, openEngineFixture } from "../../support/engine-fixture.ts";
import { startSlackServer } from "../../support/slack-server.ts";
import { until } from "../../support/until.ts";

const token = "xoxb-1-token-of-the-tests";
let fixture: EngineFixture;
let slack: Awaited<ReturnType<typeof startSlackServer>>;

beforeEach(async () => {
  fixture = await openEngineFixture();
  slack = await startSlackServer({ token, channels: ["data", "sales"] });
  fixture.deps.slack = createSlack({ apiUrl: slack.url });
  fixture.deps.givenSettings = {
    "slack.token": token,
    "slack.channel": "data",
    "web.publicUrl": "https://maestro.test",
  };
});
afterEach(async () => {
  await fixture.close();
  await slack.close();
});

const news = () => fixture.db.select().from(outbox).orderBy(asc(outbox.id));

/** The first of a test becomes the admin, and waits for nobody. */
async function newcomer(email: string): Promise<void> {
  const visitor = { email, name: "", issuer: "https://issuer.test", subject: email };
  await admitUser(fixture.deps, visitor, { localAdminSignsIn: false });
}

async function failedRun(name: string): Promise<number> {
  const ids = await insertCatalog(fixture.db, [
    { name },
    { name: `${name}_child`, parents: [name] },
  ]);
  fixture.warehouse.outcome = (job) =>
    job.table === `d.${name}` ? { reason: "invalidQuery", message: "<!channel> & co" } : null;
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId)).state).toBe("failed");
  return runId;
}

test("a failed run is one message with its errors in the thread, and changes as it is resumed", async () => {
  fixture.start();
  const runId = await failedRun("bad");
  await until("its tables are told", () => slack.messages.length === 2);
  const [head, thread] = slack.messages;
  expect(head!.shown).toBe(
    `:red_circle: *<https://maestro.test/runs/${runId}|Run ${runId}>* started by hand failed: 1 table failed, 1 were skipped for it`,
  );
  expect(thread).toMatchObject({ threadTs: head!.ts, text: "d.bad" });
  expect(thread!.shown).toMatch(
    /^\*<https:\/\/maestro.test\/tables\/1\|d.bad>\*\n```.*&lt;!channel&gt; &amp; co/,
  );

  fixture.warehouse.outcome = () => null;
  await resumeRun(fixture.deps, runId, { userId: null, name: "ann@example.com" });
  await until("it is told", () => head!.shown.includes("succeeded"));
  expect(head!.shown).toContain("failed, was resumed by ann@example.com and succeeded");
  expect(slack.messages).toHaveLength(2);
});

test("a run that succeeds is nobody's news", async () => {
  fixture.start();
  const ids = await insertCatalog(fixture.db, [{ name: "good" }]);
  const { runId } = await startRun(fixture.deps, chooseTables(ids.values()), nobody);
  expect((await fixture.runEnded(runId)).state).toBe("succeeded");
  expect(await news()).toEqual([]);
});

test("what Slack did not take is told later, in order and once; what it never takes holds up nothing", async () => {
  for (const userId of [1, 2, 3]) {
    await newcomer(`${userId}@example.com`);
  }
  slack.faults.push({ status: 429, retryAfterSeconds: 1 }, { status: 503 });
  const tell = () => deliverNews({ ...fixture.deps, random: () => 0 });
  expect(await tell()).toBe(false);
  const { fault } = await slackState(fixture.deps);
  expect(fault).toBe("Slack takes no more for 1 s");
  // It is not asked before it said.
  expect([await tell(), slack.calls()]).toEqual([false, 1]);
  await until("both of two are told", async () => {
    await tell();
    return slack.messages.length === 2;
  });
  expect(slack.messages.map(({ shown }) => shown)).toEqual([
    ":wave: 2@example.com signed in: <https://maestro.test/people|an admin has to let them in>",
    ":wave: 3@example.com signed in: <https://maestro.test/people|an admin has to let them in>",
  ]);
  fixture.deps.givenSettings["slack.channel"] = "nowhere";
  await tellSlack(fixture.db, { kind: "userWaiting", userId: 3 });
  expect(await tell()).toBe(true);
  expect((await news()).at(-1)).toMatchObject({
    deliveredAt: null,
    lastError: expect.stringContaining("channel_not_found to #nowhere: there is no such channel"),
  });
  expect(await slackState(fixture.deps)).toMatchObject({
    isSetUp: true,
    waiting: 0,
    fault: expect.stringContaining("channel_not_found"),
  });
});

test("of many failures with long errors as many are told as Slack takes", () => {
  const failed = Array.from({ length: 40 }, (_, i) => ({
    id: i,
    name: `d.t${i}`,
    channel: null,
    error: "<".repeat(5_000),
  }));
  const blocks = failedTableBlocks("https://maestro.test", failed);
  const texts = blocks.map((block) =>
    block.type === "section" ? block.text.text : (block.elements[0]?.text ?? ""),
  );
  expect(texts.join("").length).toBeLessThan(12_000);
  expect(texts.at(-1)).toBe(`and ${40 - (blocks.length - 1)} more`);
  expect(texts.slice(0, -1).every((text) => text.endsWith("```"))).toBe(true);
});

test("a process that dies between Slack's answer and its note tells it once more, and not never", async () => {
  await newcomer("a@example.com");
  await newcomer("b@example.com");
  const dying = {
    ...fixture.deps.slack,
    async post(...args: Parameters<typeof fixture.deps.slack.post>) {
      await fixture.deps.slack.post(...args);
      throw new Error("killed");
    },
  };
  await expect(deliverNews({ ...fixture.deps, slack: dying })).rejects.toThrow("killed");
  expect(await deliverNews(fixture.deps)).toBe(true);
  expect(await deliverNews(fixture.deps)).toBe(false);
  expect(slack.messages.map(({ text }) => text.includes("b@example.com"))).toEqual([true, true]);
});

test("while one process tells, another leaves it to it", async () => {
  await newcomer("a@example.com");
  await newcomer("b@example.com");
  const all = await Promise.all([deliverNews(fixture.deps), deliverNews(fixture.deps)]);
  expect([all.sort(), slack.messages.length]).toEqual([[false, true], 1]);
});

test("ticks that a run makes be skipped are one message, in the channel of their frequency", async () => {
  const frequencyId = await insertFrequency(fixture.db, {
    name: "minutely",
    periodSeconds: 60,
    slackChannel: "sales",
    effectiveFrom: new Date(0),
  });
  await insertCatalog(fixture.db, [{ name: "slow", frequencyId }]);
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  const tick = (ago: number) => new Date(minute - ago * 60_000);
  const kinds = [];
  for (const ago of [3, 2, 1]) {
    kinds.push((await assembleRun(fixture.deps, frequencyId, tick(ago))).kind);
  }
  expect(kinds).toEqual(["started", "skipped", "skipped"]);
  expect([await deliverNews(fixture.deps), await deliverNews(fixture.deps)]).toEqual([true, true]);
  expect(slack.messages).toHaveLength(1);
  expect(slack.messages[0]).toMatchObject({ channel: "sales" });
  expect(slack.messages[0]!.shown).toContain(`its tick of ${tick(1).toISOString()}`);
  expect(slack.messages[0]!.shown).toContain("run 1 of this frequency had not ended");
});

test("a test message names what is wrong, and with Slack not set up nothing is kept for later", async () => {
  expect(await testSlack(fixture.deps)).toEqual({ channel: "data" });
  expect(slack.messages[0]!.shown).toContain("Maestro can write here");
  fixture.deps.givenSettings["slack.token"] = "xoxb-another";
  await expect(testSlack(fixture.deps)).rejects.toMatchObject({
    field: "slack.token",
    message: expect.stringContaining("the bot token is not valid"),
  });
  fixture.deps.givenSettings = {};
  await expect(testSlack(fixture.deps)).rejects.toThrow("slack.token is not set: set it first");
  await newcomer("a@example.com");
  await newcomer("b@example.com");
  expect(await deliverNews(fixture.deps)).toBe(true);
  expect((await news()).at(-1)).toMatchObject({ lastError: "Slack was not set up" });
});

test("a mark of the month's budget is told once, in the currency that is set", async () => {
  const { deps, db } = fixture;
  deps.givenSettings = {
    ...deps.givenSettings,
    "costs.monthlyBudget": "10",
    "costs.currency": "EUR",
    "costs.pricePerTibCents": "500",
  };
  deps.now = () => new Date("2026-03-20T12:00:00Z");
  const bill = (createdAt: string, tebibytes: number) =>
    db.insert(jobs).values({
      step: "query",
      attempt: 1,
      bqJobId: `billed ${createdAt} ${tebibytes}`,
      configuration: {},
      configurationHash: "",
      state: "succeeded",
      bytesBilled: Math.round(tebibytes * 2 ** 40),
      createdAt: new Date(createdAt),
    });
  await bill("2026-02-28T23:59:59Z", 9);
  await bill("2026-03-01T00:00:00Z", 1.5);
  await watchBudget(deps);
  expect(await news()).toEqual([]);
  await bill("2026-03-20T00:00:00Z", 0.2);
  await Promise.all([watchBudget(deps), watchBudget(deps)]);
  while (await deliverNews(deps));
  expect(slack.messages.map(({ shown }) => shown)).toEqual([
    ":moneybag: *<https://maestro.test/costs|80 % of the budget>* of 2026-03 is spent: 8.50 of 10 EUR",
  ]);
  await bill("2026-03-20T01:00:00Z", 2);
  await watchBudget(deps);
  await watchBudget(deps);
  while (await deliverNews(deps));
  expect(slack.messages).toHaveLength(2);
  expect(slack.messages[1]!.shown).toContain(
    "100 % of the budget>* of 2026-03 is spent: 18.50 of 10 EUR",
  );
});
