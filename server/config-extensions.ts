import { z } from "zod";
import { optional, text, type Variable, whole } from "./config-variable.ts";

/** The servers that Maestro keeps its state in. */
export const extensionVariables = {
  pgHost: optional({
    variable: "EXTENSIONS_PG_HOST",
    default: "unset: embedded PostgreSQL",
    effect: "PostgreSQL's host",
  }),
  pgPort: whole({
    variable: "EXTENSIONS_PG_PORT",
    default: 5432,
    min: 1,
    max: 65_535,
    effect: "PostgreSQL's port",
  }),
  pgUser: text({ variable: "EXTENSIONS_PG_USER", default: "", effect: "PostgreSQL's user" }),
  pgPass: text({
    variable: "EXTENSIONS_PG_PASS",
    default: "",
    effect: "PostgreSQL's password",
    secret: true,
  }),
  pgDatabase: text({
    variable: "EXTENSIONS_PG_DATABASE",
    default: "",
    effect: "PostgreSQL's database",
  }),
  pgPoolSize: whole({
    variable: "EXTENSIONS_PG_POOLSIZE",
    default: 20,
    min: 2,
    max: 500,
    effect: "connections of one process",
  }),
  pgMaxRetries: whole({
    variable: "EXTENSIONS_PG_MAXRETRIES",
    default: 3,
    min: 0,
    max: 100,
    effect:
      "how often a query is tried again that failed as PostgreSQL could not be reached, where that changes nothing twice",
  }),
  pgConnectionTimeoutSeconds: whole({
    variable: "EXTENSIONS_PG_CONNECTIONTIMEOUT",
    default: 100,
    min: 1,
    max: 86_400,
    effect: "seconds that a start tries to reach PostgreSQL before it exits with the reason",
  }),
  redisUrl: {
    variable: "EXTENSIONS_REDIS_URL",
    schema: z
      .string()
      .optional()
      .transform((value) => value || null)
      .refine((value) => value === null || /^rediss?:\/\/[^/]/.test(value), {
        message: "redis://user:password@host:port/database, or rediss:// for TLS",
      }),
    default: "unset: PostgreSQL keeps the same",
    effect: "the Redis that keeps the pings of rooms and the locks of watchers",
    secret: true,
  } satisfies Variable<string | null>,
  redisConnectionTimeoutSeconds: whole({
    variable: "EXTENSIONS_REDIS_CONNECTIONTIMEOUT",
    default: 200,
    min: 1,
    max: 86_400,
    effect: "seconds that a start tries to reach Redis before it exits with the reason",
  }),
};
