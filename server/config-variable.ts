import { z } from "zod";

/** A setting: its variable (`MAESTRO_` stands before the name), its flag if it has one, what is allowed and what it does. */
export interface Variable<T> {
  variable: string;
  flag?: string;
  schema: z.ZodType<T, string | undefined>;
  default: string;
  effect: string;
  secret?: boolean;
  /** Its flag may stand alone, for `true`. */
  isSwitch?: boolean;
}

export function text(v: Omit<Variable<string>, "schema">): Variable<string> {
  return { ...v, schema: z.string().default("") };
}

/** A text that has a value of its own where nothing is given. */
export function textOr(fallback: string, v: Omit<Variable<string>, "schema">): Variable<string> {
  const schema = z
    .string()
    .optional()
    .transform((value) => value || fallback);
  return { ...v, schema };
}

export function optional(v: Omit<Variable<string | null>, "schema">): Variable<string | null> {
  const schema = z
    .string()
    .optional()
    .transform((value) => (value === undefined || value === "" ? null : value));
  return { ...v, schema };
}

export function whole(
  v: Omit<Variable<number>, "schema" | "default"> & { min: number; max: number; default: number },
): Variable<number> {
  const problem = `a whole number from ${v.min} to ${v.max}`;
  const schema = z
    .string()
    .optional()
    .transform((value) => (value === undefined || value === "" ? v.default : Number(value)))
    .refine((value) => Number.isInteger(value) && value >= v.min && value <= v.max, problem);
  return { ...v, schema, default: String(v.default) };
}

/** `host:port`, `[v6]:port` or `:port` (all addresses). */
export function parseAddress(value: string): { host: string; port: number } | null {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:]+)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/.exec(value);
  const port = Number(match?.groups?.["port"]);
  if (!match?.groups || port > 65_535) return null;
  return { host: match.groups["v6"] ?? (match.groups["host"] || "0.0.0.0"), port };
}
