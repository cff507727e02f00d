import type { Slack } from "../../server/connectors/slack.ts";

const unasked = (): Promise<never> => Promise.reject(new Error("nobody writes to Slack here"));

/** For tests that tell Slack nothing. */
export const noSlack: Slack = { post: unasked, update: unasked };
