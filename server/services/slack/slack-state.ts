import type { SlackState } from "../../../shared/slack.ts";
import { selectSlackState } from "../../db/outbox.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** How telling Slack fares. */
export async function slackState(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
): Promise<SlackState> {
  const settings = await readSettings(deps, ["slack.token", "slack.channel"]);
  const isSetUp = settings["slack.token"] !== null && settings["slack.channel"] !== null;
  return { isSetUp, ...(await selectSlackState(deps.db)) };
}
