import type { SlackBlock, SlackNews } from "../../../shared/slack.ts";
import type { Db } from "../../db/client.ts";
import {
  isKnownToSlack,
  selectFrequencyForSlack,
  selectTableForSlack,
  selectUserForSlack,
} from "../../db/slack-facts.ts";
import { selectFailedTables, selectRunForSlack } from "../../db/slack-runs.ts";
import { runHeadline, tickSkippedText } from "../../domain/slack-runs.ts";
import {
  cut,
  escapeSlack,
  failedTableBlocks,
  section,
  slackLink,
} from "../../domain/slack-text.ts";

/** One message that should stand in Slack; where one stands for its subject, that is changed. */
export interface SlackPost {
  subject: string;
  /** Null for the channel of the settings. */
  channel: string | null;
  text: string;
  blocks: SlackBlock[];
  /** The subject in whose thread it stands: it is said once and never changed. */
  inThreadOf?: string;
  /** There will be no more to say about it. */
  isOnce?: true;
}

/** What there is to say now; nothing where what was to be told is gone or over. */
export async function slackPosts(
  db: Db,
  id: number,
  news: SlackNews,
  publicUrl: string | null,
): Promise<SlackPost[]> {
  if (news.kind === "run") return runPosts(db, news.runId, publicUrl);
  const post = await onePost(db, news, publicUrl);
  if (!post) return [];
  // However many ticks a run that does not end makes be skipped, there is one message.
  const blocks = [section(post.text)];
  if (news.kind !== "tickSkipped")
    return [{ ...post, subject: `news:${id}`, blocks, isOnce: true }];
  return [{ ...post, subject: `overlap:${news.unfinishedRunId}`, blocks }];
}

type Said = Pick<SlackPost, "channel" | "text">;

async function onePost(
  db: Db,
  news: Exclude<SlackNews, { kind: "run" }>,
  publicUrl: string | null,
): Promise<Said | null> {
  if (news.kind === "tickSkipped") {
    const run = await selectRunForSlack(db, news.runId);
    return run && { channel: run.channel, text: tickSkippedText(run, publicUrl, news.runId) };
  }
  if (news.kind === "userWaiting") {
    const user = await selectUserForSlack(db, news.userId);
    if (!user?.disabled) return null;
    const people = slackLink(publicUrl, "/people", "an admin has to let them in");
    return { channel: null, text: `:wave: ${escapeSlack(user.email)} signed in: ${people}` };
  }
  if (news.kind === "budget") {
    const costs = slackLink(publicUrl, "/costs", `${news.percent} % of the budget`);
    const text = `:moneybag: *${costs}* of ${news.month} is spent: ${escapeSlack(news.text)}`;
    return { channel: null, text };
  }
  if (news.kind === "frequencyTrouble") {
    const frequency = await selectFrequencyForSlack(db, news.frequencyId);
    if (!frequency) return null;
    const name = slackLink(publicUrl, "/frequencies", frequency.name);
    const text = `:warning: *${name}* makes no runs: ${escapeSlack(news.text)}`;
    return { channel: frequency.channel, text };
  }
  const table = await selectTableForSlack(db, news.tableId);
  if (!table) return null;
  const name = slackLink(publicUrl, `/tables/${news.tableId}`, `${table.dataset}.${table.name}`);
  const kept = news.keptAs === null ? "" : `; the rows of before are kept as ${news.keptAs}`;
  const text = `:information_source: *${name}* has other columns in its source: ${escapeSlack(news.text + kept)}`;
  return { channel: table.channel, text };
}

/**
 * One message a run, however often it fails and is resumed, with what failed in its thread. A run that
 * did not fail, and of which nothing was said, is nobody's news.
 */
async function runPosts(db: Db, runId: number, publicUrl: string | null): Promise<SlackPost[]> {
  const run = await selectRunForSlack(db, runId);
  if (!run) return [];
  const subject = `run:${runId}`;
  if (run.state !== "failed" && !(await isKnownToSlack(db, subject))) return [];
  const text = runHeadline(run, publicUrl, runId);
  const { channel } = run;
  const head: SlackPost = { subject, channel, text, blocks: [section(text)] };
  if (run.state !== "failed") return [head];
  const failed = await selectFailedTables(db, runId);
  const thread: SlackPost = {
    subject: `${subject}/${run.resumedCount}`,
    channel,
    text: cut(failed.map(({ name }) => name).join(", "), 1_000),
    blocks: failedTableBlocks(publicUrl, failed),
    inThreadOf: subject,
  };
  return failed.length > 0 ? [head, thread] : [head];
}
