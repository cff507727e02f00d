import { z } from "zod";
import { define, line } from "./setting.ts";
import { cloudSettings } from "./settings-cloud.ts";
import { gitSettings } from "./settings-git.ts";
import { limitSettings } from "./settings-limits.ts";
import { slackChannelSchema } from "./slack.ts";
import { keptText } from "./text.ts";
import { isTimeZone } from "./time-zone.ts";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Plain http would show what is sent on the way; a test's server on this machine has no way. */
export function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, search, hash } = new URL(text);
  if (username !== "" || search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && loopback.test(hostname));
}

const issuer = line
  .refine(isSafeUrl, "an https:// address, such as https://accounts.google.com")
  .transform((text) => text.replace(/\/+$/, ""));

const origin = line
  .refine(
    (text) => /^https?:\/\/[^/?#@]+\/?$/i.test(text) && URL.canParse(text),
    "the address of the web app without a path, such as https://maestro.example.com",
  )
  .transform((text) => new URL(text).origin);

function partsOf(text: string): string[] {
  const parts = text.toLowerCase().split(/[\s,]+/);
  return parts.filter((part) => part !== "");
}

const domain = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;

const domains = keptText()
  .trim()
  .max(4_000, "at most 4000 characters")
  .transform(partsOf)
  .refine((parts) => parts.length > 0, "name at least one domain, such as example.com")
  .refine((parts) => parts.every((part) => domain.test(part)), {
    error: "domains alone, with commas between them, such as example.com, example.org",
  });

const cents = line
  .refine((text) => /^\d{1,7}$/.test(text), "a whole number from 0 to 9999999")
  .transform(Number);

const budget = line
  .refine((text) => /^[1-9]\d{0,8}$/.test(text), "a whole number from 1 to 999999999")
  .transform(Number);

const currency = line
  .refine((text) => /^[A-Za-z]{3}$/.test(text), "three letters, such as USD or EUR")
  .transform((text) => text.toUpperCase());

const place =
  /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\d{1,3}(\.\d{1,3}){3}\/\d{1,2}|[0-9a-f.]*:[0-9a-f:.]*(\/\d{1,3})?)$/;

const places = keptText()
  .trim()
  .max(4_000, "at most 4000 characters")
  .transform(partsOf)
  .refine((parts) => parts.every((part) => place.test(part)), {
    error:
      "host names, addresses or networks, with commas between them, such as sso.internal, 10.1.2.3, 10.0.0.0/8",
  });

const slackToken = line.refine(
  (text) => /^xox[a-z]-[\w-]+$/.test(text),
  "a bot token, such as xoxb- and digits: Slack shows it under OAuth & Permissions of the app",
);

const hour = line
  .refine((text) => /^(1?\d|2[0-3])$/.test(text), "an hour: a whole number from 0 to 23")
  .transform(Number);

const timeZone = line.refine(isTimeZone, "an IANA time zone, such as Europe/Berlin or UTC");

/** Every setting, once: the web app, the command line and the variables are made from this. */
export const settings = {
  "web.publicUrl": define({
    label: "Address of the web app",
    help: "where people reach Maestro; Google leads them back to it",
    variable: "PUBLIC_URL",
    schema: origin,
  }),
  "oauth.clientId": define({
    label: "OAuth client ID",
    help: "of the OAuth client in Google Cloud that people sign in through",
    variable: "OAUTH_CLIENT_ID",
    schema: line,
  }),
  "oauth.clientSecret": define({
    label: "OAuth client secret",
    help: "the secret of that OAuth client",
    secret: true,
    variable: "OAUTH_CLIENT_SECRET",
    schema: line,
  }),
  "oauth.domains": define({
    label: "Allowed domains",
    help: "people whose e-mail address is of one of these domains may sign in, with commas between them",
    variable: "OAUTH_DOMAINS",
    schema: domains,
  }),
  "costs.pricePerTibCents": define({
    label: "Price of a TiB, in cents",
    help: "hundredths of the currency that BigQuery bills for a TiB, for the costs shown",
    variable: "PRICE_PER_TIB_CENTS",
    schema: cents,
    default: "625",
  }),
  "costs.currency": define({
    label: "Currency",
    help: "the currency of the price of a TiB, by its three letters",
    variable: "CURRENCY",
    schema: currency,
    default: "USD",
  }),
  "costs.monthlyBudget": define({
    label: "Monthly budget",
    help: "in the currency of the price; Slack is told when 80 % and when all of it is spent in a month of UTC",
    variable: "MONTHLY_BUDGET",
    schema: budget,
  }),
  "slack.token": define({
    label: "Bot token",
    help: "of a Slack app with the scope chat:write, installed in your workspace; it begins with xoxb-",
    secret: true,
    variable: "SLACK_TOKEN",
    schema: slackToken,
  }),
  "slack.channel": define({
    label: "Channel",
    help: "where failed runs, skipped ticks and people who wait are told; the app must be in it",
    variable: "SLACK_CHANNEL",
    schema: slackChannelSchema,
  }),
  "slack.digestHour": define({
    label: "Hour of the daily digest",
    help: "the hour, from 0 to 23, at which the channel is told each day what ran, failed, was late and cost; empty: no digest",
    variable: "SLACK_DIGEST_HOUR",
    schema: hour,
  }),
  "slack.digestTimeZone": define({
    label: "Time zone of the digest",
    help: "an IANA time zone, such as Europe/Berlin, on whose clock that hour is",
    variable: "SLACK_DIGEST_TIME_ZONE",
    schema: timeZone,
    default: "UTC",
  }),
  ...gitSettings,
  "oauth.issuer": define({
    label: "Issuer",
    help: "the OpenID provider that people sign in at",
    variable: "OAUTH_ISSUER",
    schema: issuer,
    default: "https://accounts.google.com",
  }),
  "network.allowed": define({
    label: "Private addresses that may be reached",
    help: "host names, addresses and networks, with commas between, that addresses entered here may lead to though they are not public; databases need none",
    variable: "ALLOWED_ADDRESSES",
    schema: places,
  }),
  ...cloudSettings,
  ...limitSettings,
} as const;

export type SettingKey = keyof typeof settings;

/** What each setting means; null where it is not set and has no default. */
export type SettingValues = {
  [K in SettingKey]: z.output<(typeof settings)[K]["schema"]> | null;
};

/** Texts to store; null forgets what is stored. */
export type SettingChanges = Partial<Record<SettingKey, string | null>>;

export const settingKeys = Object.keys(settings) as SettingKey[];

/** The part of a setting's key before the point, with what it is about. */
export const settingGroups: Record<string, string> = {
  bigquery: "BigQuery and Cloud Storage",
  web: "Web app",
  oauth: "Signing in with Google",
  costs: "Costs",
  network: "Network",
  slack: "Slack",
  git: "Git",
  limits: "Limits",
};

/** A setting as admins see it. */
export interface SettingView {
  key: SettingKey;
  /** Null where there is none, and of secrets always. */
  value: string | null;
  /** `given`: to the server that answers, by its variable, which outweighs what is stored. */
  source: "given" | "stored" | "default" | "unset";
  /** When it was stored, and by whom; null where it is not. */
  updatedAt: string | null;
  updatedBy: string | null;
}

export const settingChangesSchema = z.object({
  changes: z
    .partialRecord(z.enum(settingKeys), z.string().nullable())
    .refine((changes) => Object.keys(changes).length > 0, "name at least one setting"),
});
