import { MaestroError } from "../shared/errors.ts";
import type { Variable } from "./config-variable.ts";
import { variables } from "./config-variables.ts";
import { publicUrlFault } from "./support/public-url.ts";

type Variables = typeof variables;
type ValueOf<V> = V extends { schema: { _output: infer T } } ? T : never;

/** What the processes are told, typed and checked. Flags win over variables, these over defaults. */
export type Config = { [K in keyof Variables]: ValueOf<Variables[K]> } & {
  /** What was given and not left to its default, by variable: a child started with it agrees. */
  given: Record<string, string>;
};

/** The one place where the environment is read; children inherit it. */
export const environment: NodeJS.ProcessEnv = process.env;

/**
 * Reads flags (by their name without dashes) and the environment. Throws one `configuration` error
 * that lists all that is wrong: the variable, its value (secrets masked) and what is allowed.
 */
export function readConfig(
  flags: Record<string, string | undefined>,
  variablesGiven: NodeJS.ProcessEnv = environment,
): Config {
  const faults: string[] = [];
  const given: Record<string, string> = {};
  const values: Record<string, unknown> = { given };
  const sources: Record<string, string> = {};
  for (const [name, definition] of Object.entries(variables) as [string, Variable<unknown>][]) {
    const variable = `MAESTRO_${definition.variable}`;
    const flag = definition.flag === undefined ? undefined : flags[definition.flag];
    const text = flag ?? variablesGiven[variable];
    const source = flag === undefined ? variable : `-${definition.flag}`;
    sources[name] = source;
    const parsed = definition.schema.safeParse(text);
    if (parsed.success) {
      if (text !== undefined) given[variable] = text;
      values[name] = parsed.data;
      continue;
    }
    const shown = definition.secret ? "[hidden]" : JSON.stringify(text);
    faults.push(`${source} is ${shown}, allowed: ${parsed.error.issues[0]?.message}`);
  }
  const config = values as Config;
  faults.push(...contradictions(config, sources));
  if (faults.length > 0) {
    throw new MaestroError(
      "configuration",
      `the configuration is wrong:\n  ${faults.join("\n  ")}`,
    );
  }
  return config;
}

/** The PostgreSQL that was named, or null for the embedded one. */
export function connectionStringOf(config: Config): string | null {
  if (config.dbConnect) return config.dbConnect;
  if (!config.pgHost) return null;
  const url = new URL("postgresql://localhost");
  url.hostname = config.pgHost;
  url.port = String(config.pgPort);
  url.username = encodeURIComponent(config.pgUser);
  url.password = encodeURIComponent(config.pgPass);
  url.pathname = `/${encodeURIComponent(config.pgDatabase)}`;
  return url.toString();
}

/** The texts that were given as secrets, and the passwords in them. */
export function givenSecrets(config: Config): string[] {
  const all = Object.values(variables) as Variable<unknown>[];
  return all.flatMap(({ variable, secret }) => {
    const text = config.given[`MAESTRO_${variable}`];
    if (!secret || !text) return [];
    const inUrl = URL.canParse(text) ? decodeURIComponent(new URL(text).password) : "";
    return inUrl === "" ? [text] : [text, inUrl];
  });
}

/** What each value allows alone and not beside the others. Those that are at fault are not there. */
function contradictions(config: Partial<Config>, sources: Record<string, string>): string[] {
  const faults: string[] = [];
  if (config.secret && config.secretPath) faults.push("-secret and -secretpath: give one of them");
  if (config.secret && config.secret.length < 8) {
    faults.push(`${sources["secret"]} is [hidden], allowed: at least 8 characters`);
  }
  if (config.forceSsl && config.trustedProxies?.length === 0) {
    faults.push(
      "MAESTRO_TRUSTED_PROXIES is missing beside MAESTRO_FORCE_SSL: Maestro serves no https itself, name the proxy that does",
    );
  }
  const publicUrl = config["web.publicUrl"];
  if (publicUrl) {
    const hosts = config.allowedHosts?.length ? config.allowedHosts : null;
    const answered = { httpsOnly: config.forceSsl ?? false, hosts };
    const fault = publicUrlFault(publicUrl, answered);
    if (fault) faults.push(`MAESTRO_PUBLIC_URL: ${fault}`);
  }
  faults.push(...postgresFaults(config, sources));
  return faults;
}

function postgresFaults(
  { dbConnect, pgHost, pgUser, pgDatabase }: Partial<Config>,
  sources: Record<string, string>,
): string[] {
  if (dbConnect && !/^postgres(ql)?:\/\//.test(dbConnect)) {
    return [
      `${sources["dbConnect"]} is [hidden], allowed: postgresql://user:password@host:port/database`,
    ];
  }
  if (dbConnect || !pgHost) return [];
  const faults: string[] = [];
  if (!pgUser) faults.push("MAESTRO_EXTENSIONS_PG_USER is missing beside _PG_HOST");
  if (!pgDatabase) faults.push("MAESTRO_EXTENSIONS_PG_DATABASE is missing beside _PG_HOST");
  return faults;
}
