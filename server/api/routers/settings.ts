import { type SettingChanges, settingChangesSchema } from "../../../shared/settings.ts";
import { changeSettings } from "../../services/settings/change-settings.ts";
import { checkBigquery } from "../../services/settings/check-bigquery.ts";
import { checkSettings } from "../../services/settings/check-settings.ts";
import { listSettings } from "../../services/settings/list-settings.ts";
import { makeMissingBucket } from "../../services/settings/make-missing-bucket.ts";
import { slackState } from "../../services/slack/slack-state.ts";
import { testSlack } from "../../services/slack/test-slack.ts";
import { actorOf } from "../actor.ts";
import { procedure, router } from "../trpc.ts";

/** The settings of the installation. What is a secret goes in, and never comes out. */
export const settingsRouter = router({
  list: procedure("admin").query(({ ctx }) => listSettings(ctx.deps)),
  /** Texts by key; null forgets. All or none. */
  change: procedure("admin")
    .input(settingChangesSchema)
    .mutation(async ({ ctx, input }) => {
      const changes = input.changes as SettingChanges;
      await checkSettings(ctx.deps, ctx.answered, changes);
      await changeSettings(ctx.deps, actorOf(ctx.principal), changes);
      await makeMissingBucket(ctx.deps, actorOf(ctx.principal), changes);
      return listSettings(ctx.deps);
    }),
  /** How telling Slack fares. */
  slack: procedure("admin").query(({ ctx }) => slackState(ctx.deps)),
  /** Tries what Maestro does in BigQuery and Cloud Storage, and says what is refused and what to do. */
  testBigquery: procedure("admin").mutation(({ ctx }) => checkBigquery(ctx.deps)),
  /** Says in Slack's channel that Maestro can write there, or why it cannot. */
  testSlack: procedure("admin").mutation(({ ctx }) => testSlack(ctx.deps)),
});
