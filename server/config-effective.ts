import { environment, readConfig } from "./config.ts";
import type { Variable } from "./config-variable.ts";
import { variables } from "./config-variables.ts";

/** One setting as a process started like this one would have it. */
export interface EffectiveSetting {
  variable: string;
  /** Of a secret null; where nothing is given and nothing stands for it, too. */
  value: unknown;
  source: "flag" | "environment" | "default";
  /** The value as people read it, secrets masked. */
  shown: string;
}

/** Every setting and where its value comes from. Throws as `readConfig` does. */
export function describeConfig(
  flags: Record<string, string | undefined>,
  variablesGiven: NodeJS.ProcessEnv = environment,
): EffectiveSetting[] {
  const config = readConfig(flags, variablesGiven) as unknown as Record<string, unknown>;
  const entries = Object.entries(variables) as [string, Variable<unknown>][];
  return entries.map(([name, { variable: shortName, flag, secret, default: fallback }]) => {
    const variable = `MAESTRO_${shortName}`;
    const given = flag === undefined ? undefined : flags[flag];
    const source = sourceOf(given, variablesGiven[variable]);
    const value = secret ? null : (config[name] ?? null);
    const isMasked = secret && source !== "default";
    return {
      variable,
      value,
      source,
      shown: isMasked ? "[hidden]" : (shownValue(value) ?? fallback),
    };
  });
}

/** A flag outweighs the variable also where it is empty, which leaves the default. */
function sourceOf(flag: string | undefined, variable = ""): EffectiveSetting["source"] {
  if (flag !== undefined) return flag === "" ? "default" : "flag";
  return variable === "" ? "default" : "environment";
}

/** Null where it says nothing, and the default's own words do. */
function shownValue(value: unknown): string | null {
  if (value === null || value === "") return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.join(",");
  if (typeof value !== "object") return String(value);
  const { host, port } = value as { host: string; port: number };
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
