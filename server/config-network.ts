import ipaddr from "ipaddr.js";
import { z } from "zod";
import { type Variable, whole } from "./config-variable.ts";

/** How the API is reached through a network. */
export const networkVariables = {
  forceSsl: {
    variable: "FORCE_SSL",
    flag: "force-ssl",
    isSwitch: true,
    schema: z
      .string()
      .optional()
      .transform((text) => text || "false")
      .refine((text) => ["true", "false"].includes(text), "true or false")
      .transform((text) => text === "true"),
    default: "false",
    effect:
      "`true`: users come over https alone, through a proxy of TRUSTED_PROXIES; cookies are marked so, plain http is sent there",
  } satisfies Variable<boolean>,
  trustedProxies: list({
    variable: "TRUSTED_PROXIES",
    default: "none",
    effect:
      "addresses or networks of proxies, with commas between, whose X-Forwarded-For, -Proto and -Host are believed",
    isValid: (text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text),
    allowed: "addresses or networks such as 10.0.0.7 or 10.0.0.0/8, with commas between",
  }),
  allowedHosts: list({
    variable: "ALLOWED_HOSTS",
    default: "the loopback's names where LISTEN is a loopback address, else any",
    effect: "host names that are answered for, with commas between; the loopback's always are",
    isValid: (text) => /^[a-z0-9.-]+$/i.test(text),
    allowed: "host names such as maestro.example.com, with commas between, without a port",
  }),
  requestsPerMinute: whole({
    variable: "REQUESTS_PER_MINUTE",
    default: 6_000,
    min: 10,
    max: 10_000_000,
    effect: "requests of one address to the API of one process, before it answers 429",
  }),
  signInsPerMinute: whole({
    variable: "SIGN_INS_PER_MINUTE",
    default: 300,
    min: 5,
    max: 1_000_000,
    effect: "the same for the requests of signing in",
  }),
};

function list(
  v: Omit<Variable<string[]>, "schema"> & { isValid(text: string): boolean; allowed: string },
): Variable<string[]> {
  const { isValid, allowed, ...variable } = v;
  const schema = z
    .string()
    .optional()
    .transform((text) => (text ?? "").split(",").flatMap((part) => part.trim() || []))
    .refine((parts) => parts.every(isValid), allowed);
  return { ...variable, schema };
}
