import { z } from "zod";
import {
  type DatabaseInput,
  type DatabaseKind,
  defaultPorts,
  type TlsMode,
  tlsModes,
} from "./database.ts";
import { MaestroError, messageOf } from "./errors.ts";

/** What a URL says of a database; what it does not name is absent. */
export type DatabaseUrl = Pick<DatabaseInput, "kind" | "host" | "port" | "database"> &
  Partial<Pick<DatabaseInput, "username" | "password" | "tlsMode">>;

const schemes: Record<string, DatabaseKind> = {
  postgres: "postgres",
  postgresql: "postgres",
  mysql: "mysql",
  mariadb: "mysql",
};

/** The words of libpq, of MySQL's own clients and of drivers. */
const modeWords: Record<string, TlsMode> = {
  ...Object.fromEntries(tlsModes.map((mode) => [mode, mode])),
  allow: "prefer",
  disabled: "disable",
  preferred: "prefer",
  required: "require",
  verify_ca: "verify-ca",
  verify_identity: "verify-full",
  true: "require",
  false: "disable",
};
const modeOptions = ["sslmode", "ssl-mode", "ssl"];

/** Options that change nothing of where a database is or how it is signed in to. */
const ignoredOptions = new Set([
  "application_name",
  "fallback_application_name",
  "connect_timeout",
  "connecttimeout",
  "channel_binding",
  "target_session_attrs",
  "gssencmode",
  "client_encoding",
  "charset",
  "collation",
  "keepalives",
  "pool_timeout",
  "connection_limit",
]);

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=verify-full` or
 * `mysql://…?ssl-mode=VERIFY_IDENTITY`. Throws `invalidInput` of the field `url`, naming the part that
 * is wrong and never the password.
 */
export function parseDatabaseUrl(text: string): DatabaseUrl {
  const parts = /^(?:jdbc:)?([a-z][a-z0-9+.-]*):\/\/([^?#]*)(?:\?([^#]*))?(#.*)?$/i.exec(
    text.trim(),
  );
  if (!parts) throw refusal("it is no URL: write it as postgresql://user:password@host:5432/name");
  const [, scheme = "", place = "", query = "", fragment] = parts;
  const kind = schemes[scheme.toLowerCase()];
  if (!kind) {
    throw refusal(`the scheme ${scheme}:// is none of ${Object.keys(schemes).join(", ")}`);
  }
  if (fragment !== undefined) {
    throw refusal('it has a "#": write one that belongs to the password as %23');
  }
  const at = place.lastIndexOf("@");
  const slash = place.indexOf("/", at + 1);
  if (at < 0 && /:[^/]*[^/\d][^/]*\//.test(place)) {
    throw refusal('the port is no number; is an "@" missing between the password and the host?');
  }
  const address = place.slice(at + 1, slash < 0 ? undefined : slash);
  const database = decode("database", slash < 0 ? "" : place.slice(slash + 1));
  if (database === "") throw refusal("it names no database: add /name after the host");
  if (database.includes("/")) {
    throw refusal('the database\'s name has a "/": write it as %2F where it belongs to the name');
  }
  return {
    kind,
    ...hostAndPort(address, defaultPorts[kind]),
    database,
    ...(at < 0 ? {} : account(place.slice(0, at))),
    ...options(query),
  };
}

/**
 * The same schema, for an input that may have a `url` in place of the fields that it says; a field
 * beside it that is given goes before the URL's.
 */
export function orUrl<Output, Input>(
  schema: z.ZodType<Output, Input>,
): z.ZodType<Output, Input | UrlInput<Input>> {
  const expanded = z.preprocess((input, context) => {
    if (typeof input !== "object" || input === null || !("url" in input)) return input;
    const { url, ...given } = input;
    try {
      return { ...parseDatabaseUrl(String(url)), ...given };
    } catch (error) {
      context.addIssue({ code: "custom", path: ["url"], message: messageOf(error), input: "" });
      return z.NEVER;
    }
  }, schema);
  return expanded as unknown as z.ZodType<Output, Input | UrlInput<Input>>;
}

type UrlField = keyof DatabaseUrl;
type UrlInput<Input> = Omit<Input, UrlField> &
  Partial<Pick<Input, Extract<UrlField, keyof Input>>> & { url: string };

function account(text: string): Pick<DatabaseUrl, "username" | "password"> {
  const colon = text.indexOf(":");
  if (colon < 0) return { username: decode("user", text) };
  return {
    username: decode("user", text.slice(0, colon)),
    password: decode("password", text.slice(colon + 1)),
  };
}

function hostAndPort(text: string, usual: number): { host: string; port: number } {
  if (text.includes(",")) throw refusal("it names several hosts: name one");
  const parts = /^(\[[^\]]+\]|[^:]*)(?::(.*))?$/.exec(text);
  if (!parts) throw refusal(`the host ${text} is none: write an IPv6 address as [::1]`);
  const [, host = "", port] = parts;
  const name = decode("host", host.replace(/^\[|\]$/g, ""));
  if (name === "") throw refusal("it names no host: add it after the // or the @");
  if (port === undefined || port === "") return { host: name, port: usual };
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535) {
    throw refusal(`the port ${port} is no number from 1 to 65535`);
  }
  return { host: name, port: number };
}

function options(query: string): Pick<Partial<DatabaseUrl>, "tlsMode"> {
  let tlsMode: TlsMode | undefined;
  for (const pair of query.split("&").filter((one) => one !== "")) {
    const [name = "", value = ""] = pair.split("=").map((part) => decode("options", part));
    const key = name.toLowerCase();
    if (modeOptions.includes(key)) {
      tlsMode = readTlsMode(name, value, tlsMode);
    } else if (/^ssl-?(rootcert|cert|key|ca)$/.test(key)) {
      if (key === "sslrootcert" && value === "system") continue;
      throw refusal(`${name} names a file: leave it out, and paste the PEM into its field`);
    } else if (!ignoredOptions.has(key)) {
      throw refusal(`the option ${name} is not known: leave it out`);
    }
  }
  return tlsMode === undefined ? {} : { tlsMode };
}

function readTlsMode(name: string, value: string, before: TlsMode | undefined): TlsMode {
  const mode = modeWords[value.toLowerCase()];
  if (!mode) throw refusal(`${name}=${value} is no TLS mode: ${tlsModes.join(", ")}`);
  if (before && before !== mode) throw refusal("it names two TLS modes: leave one out");
  return mode;
}

function decode(part: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal(`the ${part} has a "%" that begins no character: write "%" as %25`);
  }
}

function refusal(message: string): MaestroError {
  return new MaestroError("invalidInput", `the database's URL: ${message}`, { field: "url" });
}
