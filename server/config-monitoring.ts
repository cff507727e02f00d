import { z } from "zod";
import { optional, parseAddress, textOr, type Variable } from "./config-variable.ts";

/** Where errors are told beside the log. */
export const monitoringVariables = {
  sentryUrl: {
    variable: "SENTRY_URL",
    schema: z
      .string()
      .optional()
      .transform((text) => text || null)
      .refine((text) => text === null || isDsn(text), "a DSN such as https://key@host/1"),
    default: "unset: off",
    effect: "Sentry's DSN: the errors of every role are sent there, without secrets",
    secret: true,
  } satisfies Variable<string | null>,
  healthListen: {
    variable: "HEALTH_LISTEN",
    schema: z
      .string()
      .optional()
      .transform((text) => text || null)
      .refine((text) => text === null || parseAddress(text) !== null, "host:port, such as :3001")
      .transform((text) => (text === null ? null : parseAddress(text))),
    default: "unset: nowhere",
    effect:
      "where a worker or a room answers `/healthz` and `/readyz`, as host:port, for probes; an API does so at LISTEN",
  } satisfies Variable<{ host: string; port: number } | null>,
  newRelicApp: textOr("maestro", {
    variable: "NEWRELIC_APP",
    default: "maestro",
    effect: "the application's name in New Relic",
  }),
  newRelicKey: optional({
    variable: "NEWRELIC_KEY",
    default: "unset: off",
    effect:
      "New Relic's license key: its agent runs in every role; `NEW_RELIC_` variables of its own, such as a host or a proxy, hold too",
    secret: true,
  }),
};

function isDsn(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, pathname } = new URL(text);
  return /^https?:$/.test(protocol) && /^\w+$/.test(username) && /\/\d+$/.test(pathname);
}
