import { readFile } from "node:fs/promises";
import {
  type DatabaseInputBefore,
  databaseKinds,
  defaultPorts,
  tlsModes,
} from "../../shared/database.ts";
import { type DatabaseUrl, parseDatabaseUrl } from "../../shared/database-url.ts";
import { MaestroError } from "../../shared/errors.ts";
import type { CommandIo } from "./client-connection.ts";
import { readSecret } from "./read-secret.ts";

/** What `maestro databases add` was given. */
export interface AddOptions {
  kind?: string;
  host?: string;
  port?: string;
  database?: string;
  user?: string;
  passwordStdin?: boolean;
  tls?: string;
  ca?: string;
  certificate?: string;
  key?: string;
  importDataset?: string;
  import: boolean;
  mayExport?: boolean;
  rate?: string;
  transfersAtOnce?: string;
  test: boolean;
  json?: boolean;
}

export const passwordVariable = "MAESTRO_DATABASE_PASSWORD";

/** From a URL and options, of which an option goes before what the URL says. */
export async function readDatabaseInput(
  io: CommandIo,
  name: string,
  url: string | undefined,
  options: AddOptions,
): Promise<DatabaseInputBefore> {
  const { ca, certificate, key, importDataset, rate, transfersAtOnce } = options;
  const given = readAddress(url, options);
  const kind = given.kind ?? "postgres";
  const password = await readSecret(io, {
    variable: passwordVariable,
    prompt: `Password of ${given.username ?? "the user"}`,
    fromStdin: options.passwordStdin ?? false,
  });
  return {
    ...given,
    name,
    kind,
    host: given.host ?? missing("--host"),
    port: given.port ?? defaultPorts[kind],
    database: given.database ?? missing("--database"),
    username: given.username ?? missing("--user"),
    ...(password === null ? {} : { password }),
    mayImport: options.import,
    mayExport: options.mayExport ?? false,
    ...(await readPems({ ca, certificate, key })),
    ...readUse({ importDataset, rate, transfersAtOnce }),
  };
}

/** What a URL and options say of where a database is; an option goes before the URL. */
export function readAddress(
  url: string | undefined,
  options: Pick<AddOptions, "kind" | "host" | "port" | "database" | "user" | "tls">,
): Partial<Omit<DatabaseUrl, "password">> {
  const { password: inUrl, ...fromUrl }: Partial<DatabaseUrl> =
    url === undefined ? {} : parseDatabaseUrl(url);
  if (inUrl !== undefined) {
    throw refuse(
      `the URL has a password, which your shell's history would keep: leave it out, and give it in ${passwordVariable}, by --password-stdin or at the prompt`,
    );
  }
  const { host, database, user } = options;
  const kind = choose("--kind", databaseKinds, options.kind);
  const tlsMode = choose("--tls", tlsModes, options.tls);
  return {
    ...fromUrl,
    ...(kind === undefined ? {} : { kind }),
    ...(host === undefined ? {} : { host }),
    ...(options.port === undefined ? {} : { port: wholeNumber("--port", options.port) }),
    ...(database === undefined ? {} : { database }),
    ...(user === undefined ? {} : { username: user }),
    ...(tlsMode === undefined ? {} : { tlsMode }),
  };
}

export async function readPems({
  ca,
  certificate,
  key,
}: Record<"ca" | "certificate" | "key", string | undefined>): Promise<
  Pick<DatabaseInputBefore, "tlsCa" | "tlsCertificate" | "tlsKey">
> {
  const read = async (flag: string, path: string) => {
    try {
      return await readFile(path, "utf8");
    } catch (cause) {
      throw refuse(`${flag}: ${path} cannot be read`, cause);
    }
  };
  return {
    ...(ca === undefined ? {} : { tlsCa: await read("--ca", ca) }),
    ...(certificate === undefined
      ? {}
      : { tlsCertificate: await read("--certificate", certificate) }),
    ...(key === undefined ? {} : { tlsKey: await read("--key", key) }),
  };
}

export function readUse({
  importDataset,
  rate,
  transfersAtOnce,
}: Record<"importDataset" | "rate" | "transfersAtOnce", string | undefined>) {
  return {
    ...(importDataset === undefined ? {} : { importDataset }),
    ...(rate === undefined ? {} : { bytesPerSecond: parseByteRate(rate) }),
    ...(transfersAtOnce === undefined
      ? {}
      : { concurrentTransfers: wholeNumber("--transfers-at-once", transfersAtOnce) }),
  };
}

const powers: Record<string, number> = { "": 0, k: 1, m: 2, g: 3 };

/** `500kB`, `10 MB/s` in powers of 1000, `2.5MiB/s` in powers of 1024. */
export function parseByteRate(text: string): number {
  const [, amount = "", unit = "", binary] =
    /^\s*([\d.]+)\s*([kmg]?)(i?)b?(?:\/s)?\s*$/i.exec(text) ?? [];
  const power = powers[unit.toLowerCase()] ?? 0;
  const bytes = Math.round(Number(amount) * (binary ? 1024 : 1000) ** power);
  if (amount !== "" && Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw refuse(`--rate is bytes a second, such as 500kB, 10MB or 2.5MiB, not ${text}`);
}

function choose<T extends string>(
  flag: string,
  choices: readonly T[],
  text: string | undefined,
): T | undefined {
  const choice = choices.find((one) => one === text);
  if (text !== undefined && choice === undefined) {
    throw refuse(`${flag} is one of ${choices.join(", ")}, not ${text}`);
  }
  return choice;
}

function wholeNumber(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw refuse(`${flag} is a whole number from 1, not ${text}`);
}

function missing(flag: string): never {
  throw refuse(`give ${flag}, or a URL: postgresql://user@host:5432/database`);
}

function refuse(message: string, cause?: unknown): MaestroError {
  return new MaestroError("invalidInput", message, { cause });
}
