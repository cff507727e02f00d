import type { SlackPlace } from "../../../shared/slack.ts";
import { SlackFault } from "../../connectors/slack.ts";
import type { Db } from "../../db/client.ts";
import {
  forgetTold,
  giveUp,
  markDelivered,
  type OpenNews,
  putOff,
  takeOldestNews,
} from "../../db/outbox.ts";
import { selectSlackPlace, storeSlackPlace } from "../../db/slack-facts.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";
import { type SlackPost, slackPosts } from "./slack-posts.ts";

type Tellers = Pick<Deps, "db" | "secretBox" | "givenSettings" | "slack" | "log" | "random">;

const keptDays = 30;
const firstPauseSeconds = 2;
const longestPauseSeconds = 600;
/** Older news is none. */
const oldestSeconds = 86_400;

/** Tells Slack what waits, and forgets what was told long ago. */
export async function deliverAllNews(deps: Tellers, signal: AbortSignal): Promise<void> {
  let told = 0;
  while (!signal.aborted && (await deliverNews(deps))) told += 1;
  if (told > 0) await forgetTold(deps.db, keptDays);
}

/**
 * Tells Slack the oldest thing that it was not told. False where there is nothing to do for now. One
 * transaction, and one process at a time: what was told is committed with where it stands. A crash
 * between Slack's answer and the commit says it twice, and never not at all.
 */
export async function deliverNews(deps: Tellers): Promise<boolean> {
  return deps.db.transaction(async (tx) => {
    const open = await takeOldestNews(tx);
    if (open === null || open === "taken" || open.isPutOff) return false;
    const settings = await readSettings({ ...deps, db: tx }, keys);
    const { "slack.token": token, "slack.channel": channel } = settings;
    if (token === null || channel === null) {
      await giveUp(tx, open.id, "Slack was not set up");
      return true;
    }
    if (open.ageSeconds > oldestSeconds) {
      await giveUp(tx, open.id, "it could not be told for a day");
      return true;
    }
    try {
      const place = { publicUrl: settings["web.publicUrl"], channel };
      const posts = await slackPosts(tx, open.id, open.news, place);
      const refusal = await sayAll(deps, tx, token, posts);
      if (refusal) return await settleFault(deps, tx, open, refusal);
      await markDelivered(tx, open.id);
      return true;
    } catch (error) {
      if (!(error instanceof SlackFault)) throw error;
      return settleFault(deps, tx, open, error);
    }
  });
}

const keys = ["slack.token", "slack.channel", "web.publicUrl"] as const;

/** One channel that refuses it keeps it from no other. The first refusal. */
async function sayAll(
  deps: Tellers,
  tx: Db,
  token: string,
  posts: SlackPost[],
): Promise<SlackFault | null> {
  const refused = new Map<string, SlackFault>();
  for (const post of posts) {
    if (refused.has(post.channel)) continue;
    await say(deps, tx, { token, post }).catch((error: unknown) => {
      if (!(error instanceof SlackFault && error.kind === "refused")) throw error;
      refused.set(post.channel, error);
    });
  }
  const [first = null] = refused.values();
  return first;
}

/** Changes what stands there for its subject, and says it where nothing does. */
async function say(
  { slack }: Tellers,
  tx: Db,
  { token, post }: { token: string; post: SlackPost },
): Promise<void> {
  const { subject, channel, text, blocks, inThreadOf } = post;
  const message = { channel, text, blocks };
  const place = await selectSlackPlace(tx, subject, channel);
  if (place !== null) {
    if (inThreadOf !== undefined || (await isChanged(slack, token, place, message))) return;
  }
  const thread = inThreadOf === undefined ? null : await selectSlackPlace(tx, inThreadOf, channel);
  const posted = await slack.post(token, {
    ...message,
    ...(thread ? { threadTs: thread.ts } : {}),
  });
  if (post.isOnce !== true) await storeSlackPlace(tx, { subject, channel }, posted);
}

/** False where it cannot be changed: it was deleted, or another app wrote it. It is said anew then. */
async function isChanged(
  slack: Deps["slack"],
  token: string,
  place: SlackPlace,
  message: Parameters<Deps["slack"]["update"]>[2],
): Promise<boolean> {
  try {
    await slack.update(token, place, message);
    return true;
  } catch (error) {
    if (error instanceof SlackFault && error.kind === "refused") return false;
    throw error;
  }
}

/** True where what stands behind it can be told. */
async function settleFault(
  { log, random }: Tellers,
  tx: Db,
  { id, news, attempts }: OpenNews,
  fault: SlackFault,
): Promise<boolean> {
  const lastError = fault.message;
  log.warn({ news, attempts, kind: fault.kind, err: fault }, `Slack was not told: ${lastError}`);
  if (fault.kind === "refused") {
    await giveUp(tx, id, lastError);
    return true;
  }
  const backoff = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(attempts, 10));
  const seconds = fault.retryAfterSeconds ?? backoff * (0.5 + random() / 2);
  await putOff(tx, id, { seconds, lastError });
  return false;
}
