import { z } from "zod";
import type { Setting } from "../shared/setting.ts";
import { isSafeUrl, type SettingKey, settingKeys, settings } from "../shared/settings.ts";
import type { Variable } from "./config-variable.ts";

const slackApi = "https://slack.com/api/";

/** The settings of an installation that a process may be given, as its variables. */
export const settingVariables = Object.fromEntries(
  settingKeys.map((key) => [key, variableOf(key)]),
) as { [K in SettingKey]: Variable<string | null> };

/** Who can read what a process prints can sign in by it: on a network that is asked for by name. */
export const signInLinks = {
  variable: "SIGN_IN_LINKS",
  schema: z
    .string()
    .optional()
    .transform((text) => text || "loopback")
    .pipe(z.enum(["loopback", "on", "off"], { error: "loopback, on or off" })),
  default: "loopback",
  effect:
    "whether one-time links sign the local admin in: `on`, `off`, or where LISTEN is a loopback address that no proxy stands before",
} satisfies Variable<"loopback" | "on" | "off">;

/** Keys are signed with there, and not sent; what is stored in BigQuery is: to no other machine in the clear. */
export const googleUrl = {
  variable: "GOOGLE_API_URL",
  schema: z
    .string()
    .optional()
    .transform((text) => text || null)
    .refine((text) => text === null || isSafeUrl(text), "an https:// address"),
  default: "unset: Google's own addresses",
  effect: "where BigQuery, Cloud Storage, IAM and OAuth tokens are answered instead: an emulator",
} satisfies Variable<string | null>;

/** The bot's token goes there: not in the clear, but to this machine. */
export const slackUrl = {
  variable: "SLACK_API_URL",
  schema: z
    .string()
    .optional()
    .transform((text) => text || slackApi)
    .refine(isSafeUrl, "an https:// address, such as https://slack.com/api/"),
  default: slackApi,
  effect: "where Slack's Web API answers",
} satisfies Variable<string>;

function variableOf(key: SettingKey): Variable<string | null> {
  const {
    variable,
    flag,
    help,
    secret,
    schema,
    default: fallback,
  }: Setting<unknown> = settings[key];
  return {
    variable,
    default: fallback ?? "unset: as stored",
    effect: help,
    ...(secret === true ? { secret } : {}),
    ...(flag === undefined ? {} : { flag }),
    schema: z
      .string()
      .optional()
      .transform((text) => (text === undefined || text === "" ? null : text))
      .superRefine((text, context) => {
        const fault = text === null ? null : schema.safeParse(text).error?.issues[0]?.message;
        if (fault) context.addIssue(fault);
      }),
  };
}
