import type { SlackBlock, SlackNews } from "../../../shared/slack.ts";
import type { Db } from "../../db/client.ts";
import {
  selectChannelsOf,
  selectFrequencyForSlack,
  selectNotificationForSlack,
  selectTableForSlack,
  selectUserForSlack,
} from "../../db/slack-facts.ts";
import {
  selectFailedTables,
  selectLateRunForSlack,
  selectRunForSlack,
} from "../../db/slack-runs.ts";
import { digestText } from "../../domain/slack-digest.ts";
import { lateRunText } from "../../domain/slack-late.ts";
import { notToldText, runHeadline, tickSkippedText } from "../../domain/slack-runs.ts";
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
  channel: string;
  text: string;
  blocks: SlackBlock[];
  /** The subject in whose thread it stands: it is said once and never changed. */
  inThreadOf?: string;
  /** There will be no more to say about it. */
  isOnce?: true;
}

/** Where it is said: links lead to the web app, and what has no channel of its own goes to `channel`. */
interface Place {
  publicUrl: string | null;
  channel: string;
}

/** What there is to say now; nothing where what was to be told is gone or over. */
export async function slackPosts(
  db: Db,
  id: number,
  news: SlackNews,
  place: Place,
): Promise<SlackPost[]> {
  if (news.kind === "run") return runPosts(db, news.runId, place);
  const post = await onePost(db, news, place.publicUrl);
  if (!post) return [];
  const said = { ...post, channel: post.channel ?? place.channel, blocks: [section(post.text)] };
  const subject = lastingSubject(news);
  if (subject === null) return [{ ...said, subject: `news:${id}`, isOnce: true }];
  return [{ ...said, subject }];
}

/** Of what one message tells, however often there is something new about it. */
function lastingSubject(news: SlackNews): string | null {
  if (news.kind === "tickSkipped") return `overlap:${news.unfinishedRunId}`;
  return news.kind === "runLate" || news.kind === "lateRunEnded" ? `late:${news.runId}` : null;
}

interface Said {
  /** Null for the one of the settings. */
  channel: string | null;
  text: string;
}

type SingleNews = Exclude<SlackNews, { kind: "run" }>;

async function onePost(db: Db, news: SingleNews, publicUrl: string | null): Promise<Said | null> {
  switch (news.kind) {
    case "tickSkipped": {
      const run = await selectRunForSlack(db, news.runId);
      if (!run) return null;
      return { channel: run.wholeChannel, text: tickSkippedText(run, publicUrl, news.runId) };
    }
    case "runLate":
    case "lateRunEnded": {
      const run = await selectLateRunForSlack(db, news.runId);
      const due = news.kind === "runLate" ? news : null;
      return run && { channel: run.channel, text: lateRunText(run, news.runId, due, publicUrl) };
    }
    case "notTold": {
      const one = await selectNotificationForSlack(db, news.notificationId);
      return one && { channel: one.channel, text: notToldText(one, publicUrl) };
    }
    case "digest":
      return { channel: null, text: digestText(news, publicUrl) };
    case "budget": {
      const costs = slackLink(publicUrl, "/costs", `${news.percent} % of the budget`);
      const text = `:moneybag: *${costs}* of ${news.month} is spent: ${escapeSlack(news.text)}`;
      return { channel: null, text };
    }
    case "userWaiting":
      return userPost(db, news.userId, publicUrl);
    case "frequencyTrouble":
      return troublePost(db, news, publicUrl);
    case "schemaChange":
      return schemaPost(db, news, publicUrl);
  }
}

type NewsOf<K> = Extract<SlackNews, { kind: K }>;

async function userPost(db: Db, id: number, publicUrl: string | null): Promise<Said | null> {
  const user = await selectUserForSlack(db, id);
  if (!user?.disabled) return null;
  const people = slackLink(publicUrl, "/people", "an admin has to let them in");
  return { channel: null, text: `:wave: ${escapeSlack(user.email)} signed in: ${people}` };
}

async function troublePost(
  db: Db,
  { frequencyId, text }: NewsOf<"frequencyTrouble">,
  publicUrl: string | null,
): Promise<Said | null> {
  const frequency = await selectFrequencyForSlack(db, frequencyId);
  if (!frequency) return null;
  const name = slackLink(publicUrl, "/frequencies", frequency.name);
  return {
    channel: frequency.channel,
    text: `:warning: *${name}* makes no runs: ${escapeSlack(text)}`,
  };
}

async function schemaPost(
  db: Db,
  { tableId, keptAs, text }: NewsOf<"schemaChange">,
  publicUrl: string | null,
): Promise<Said | null> {
  const table = await selectTableForSlack(db, tableId);
  if (!table) return null;
  const name = slackLink(publicUrl, `/tables/${tableId}`, `${table.dataset}.${table.name}`);
  const kept = keptAs === null ? "" : `; the rows of before are kept as ${keptAs}`;
  const told = `:information_source: *${name}* has other columns in its source: ${escapeSlack(text + kept)}`;
  return { channel: table.channel, text: told };
}

/**
 * One message a run and channel, however often it fails and is resumed, with what failed in its thread. A
 * run that did not fail, and of which nothing was said, is nobody's news. Where its frequency has no
 * channel, each group hears of its own tables.
 */
async function runPosts(db: Db, runId: number, place: Place): Promise<SlackPost[]> {
  const run = await selectRunForSlack(db, runId);
  if (!run) return [];
  const subject = `run:${runId}`;
  const known = await selectChannelsOf(db, subject);
  if (run.state !== "failed" && known.length === 0) return [];
  const { publicUrl } = place;
  const failed = run.state === "failed" ? await selectFailedTables(db, runId) : [];
  const channelOf = (own: string | null) => run.channel ?? own ?? place.channel;
  const channels = new Set([...known, ...failed.map((table) => channelOf(table.channel))]);
  if (channels.size === 0) channels.add(channelOf(null));
  const text = runHeadline(run, publicUrl, runId);
  return [...channels].flatMap((channel): SlackPost[] => {
    const head: SlackPost = { subject, channel, text, blocks: [section(text)] };
    const own = failed.filter((table) => channelOf(table.channel) === channel);
    if (own.length === 0) return [head];
    const thread: SlackPost = {
      subject: `${subject}/${run.resumedCount}`,
      channel,
      text: cut(own.map(({ name }) => name).join(", "), 1_000),
      blocks: failedTableBlocks(publicUrl, own),
      inThreadOf: subject,
    };
    return [head, thread];
  });
}
