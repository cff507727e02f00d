import { MaestroError } from "../../../shared/errors.ts";
import { SlackFault } from "../../connectors/slack.ts";
import { tryAgainNow } from "../../db/outbox.ts";
import { section } from "../../domain/slack-text.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/**
 * Says in the channel of the settings that Maestro can write there; what was put off is tried again
 * then. Throws `invalidInput` where Slack is not set up, and `slack` with its reason and the remedy
 * where it does not take it.
 */
export async function testSlack(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "slack" | "changes">,
): Promise<{ channel: string }> {
  const keys = ["slack.token", "slack.channel"] as const;
  const { "slack.token": token, "slack.channel": channel } = await readSettings(deps, keys);
  if (token === null || channel === null) {
    const missing = token === null ? keys[0] : keys[1];
    throw new MaestroError("invalidInput", `${missing} is not set: set it first`, {
      field: missing,
    });
  }
  const text = "Maestro can write here: failed runs will be told in this channel.";
  try {
    await deps.slack.post(token, { channel, text, blocks: [section(text)] });
  } catch (error) {
    if (!(error instanceof SlackFault)) throw error;
    const field = error.kind === "setup" ? keys[0] : keys[1];
    throw new MaestroError("slack", error.message, { field, cause: error });
  }
  await tryAgainNow(deps.db);
  deps.changes.publish({ noun: "setting", id: null });
  return { channel };
}
