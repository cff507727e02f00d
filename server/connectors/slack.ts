import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from "@slack/web-api";
import { messageOf } from "../../shared/errors.ts";
import type { SlackBlock, SlackPlace } from "../../shared/slack.ts";

export interface SlackMessage {
  /** A name without `#`, or an id. */
  channel: string;
  /** For notifications and screen readers, and where blocks are not shown. */
  text: string;
  blocks: SlackBlock[];
  /** Of the message in whose thread it stands. */
  threadTs?: string;
}

/** Slack's Web API for one bot. All methods throw SlackFault. */
export interface Slack {
  post(token: string, message: SlackMessage): Promise<SlackPlace>;
  /** Changes a message where it stands. */
  update(token: string, place: SlackPlace, message: SlackMessage): Promise<void>;
}

/**
 * - `later`: Slack is away or has had enough; the same succeeds later.
 * - `setup`: the token is not good, or may not do this; it succeeds once an admin has mended that.
 * - `refused`: this message, or its channel; it never succeeds.
 */
export type SlackFaultKind = "later" | "setup" | "refused";

export class SlackFault extends Error {
  readonly kind: SlackFaultKind;
  /** Slack's own word, such as `channel_not_found`; null where it did not answer. */
  readonly slackCode: string | null;
  /** What Slack asks for; null where it does not. */
  readonly retryAfterSeconds: number | null;

  constructor(
    kind: SlackFaultKind,
    message: string,
    detail: { slackCode?: string; retryAfterSeconds?: number; cause: unknown },
  ) {
    super(message, { cause: detail.cause });
    this.kind = kind;
    this.slackCode = detail.slackCode ?? null;
    this.retryAfterSeconds = detail.retryAfterSeconds ?? null;
  }
}

const timeoutMs = 15_000;

const remedies: Record<string, { kind: SlackFaultKind; text: string }> = {
  invalid_auth: { kind: "setup", text: "the bot token is not valid: paste the one of the app" },
  not_authed: { kind: "setup", text: "the bot token is not valid: paste the one of the app" },
  account_inactive: { kind: "setup", text: "the app was removed from the workspace: install it" },
  token_revoked: { kind: "setup", text: "the bot token was revoked: install the app again" },
  token_expired: { kind: "setup", text: "the bot token has expired: install the app again" },
  missing_scope: {
    kind: "setup",
    text: "the app lacks the scope chat:write: add it, and reinstall",
  },
  channel_not_found: {
    kind: "refused",
    text: "there is no such channel, or it is private and the app is not in it: invite the app",
  },
  not_in_channel: { kind: "refused", text: "the app is not in the channel: invite it there" },
  is_archived: { kind: "refused", text: "the channel is archived: name another" },
  restricted_action: { kind: "refused", text: "the workspace does not let apps post there" },
};

/** What Slack says when the fault is its own. */
const passing = new Set([
  "fatal_error",
  "internal_error",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
]);

export function createSlack({ apiUrl }: { apiUrl: string }): Slack {
  let known: { token: string; client: WebClient } | null = null;

  function clientOf(token: string): WebClient {
    if (known?.token === token) return known.client;
    const client = new WebClient(token, {
      slackApiUrl: apiUrl,
      timeout: timeoutMs,
      logLevel: LogLevel.ERROR,
      // What is tried again, and when, is the outbox's to say: it outlives this process.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
    });
    known = { token, client };
    return client;
  }

  return {
    post: (token, { channel, text, blocks, threadTs }) =>
      told(channel, async () => {
        const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
        const quiet = { unfurl_links: false, unfurl_media: false };
        const posted = await clientOf(token).chat.postMessage({
          channel,
          text,
          blocks,
          ...thread,
          ...quiet,
        });
        return { channel: posted.channel ?? channel, ts: posted.ts ?? "" };
      }),
    update: (token, place, { text, blocks }) =>
      told(place.channel, async () => {
        await clientOf(token).chat.update({ ...place, text, blocks });
      }),
  };
}

async function told<T>(channel: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(channel, error);
  }
}

function faultOf(channel: string, error: unknown): SlackFault {
  if (error instanceof WebAPIRateLimitedError) {
    const { retryAfter } = error;
    const message = `Slack takes no more for ${retryAfter} s`;
    return new SlackFault("later", message, { retryAfterSeconds: retryAfter, cause: error });
  }
  if (error instanceof WebAPIPlatformError) {
    const slackCode = error.data.error;
    if (passing.has(slackCode)) {
      return new SlackFault("later", `Slack has a fault: ${slackCode}`, {
        slackCode,
        cause: error,
      });
    }
    const { kind, text } = remedies[slackCode] ?? { kind: "refused" as const, text: "" };
    const why = text === "" ? "" : `: ${text}`;
    return new SlackFault(kind, `Slack says ${slackCode} to #${channel}${why}`, {
      slackCode,
      cause: error,
    });
  }
  if (error instanceof WebAPIHTTPError) {
    const message = `Slack answers ${error.statusCode}`;
    return new SlackFault("later", message, { cause: error });
  }
  const cause = error instanceof WebAPIRequestError ? error.original : error;
  return new SlackFault("later", `Slack cannot be reached: ${messageOf(cause)}`, { cause: error });
}
