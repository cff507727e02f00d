import type { Readable, Writable } from "node:stream";
import { createTRPCClient, httpLink, splitLink, TRPCClientError } from "@trpc/client";
import type { Command } from "commander";
import { longInputs } from "../../shared/batch.ts";
import { type ErrorCode, MaestroError } from "../../shared/errors.ts";
import type { AppRouter } from "../api/router.ts";
import { fetchHere } from "./fetch-here.ts";
import { findLogin, loginsPath } from "./login-store.ts";

/** What a client command writes to and reads its defaults from. */
export interface CommandIo {
  stdout: Writable & { isTTY?: boolean; rows?: number; columns?: number };
  stderr: Writable;
  env: Record<string, string | undefined>;
  /**
   * The server of this machine, for commands that name neither an address nor a token. `dataDir`
   * is where it keeps its data; absent, where the configuration says.
   */
  findLocalServer(
    dataDir?: string,
    /** A token that was refused: another is made then. */
    refused?: string,
  ): Promise<{ url: string; token: string } | null>;
  /** Where secrets are read from; absent: there is nobody to ask. */
  stdin?: Readable & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown };
  /** Calls `act` in place of ending the process at Ctrl-C, until the answered function is called. */
  onInterrupt?(act: () => void): () => void;
  setExitCode?(code: number): void;
}

/** The options that every command against a server has. */
export interface ConnectionOptions {
  url?: string;
  token?: string;
  dataDir?: string;
  json?: boolean;
}

export type Client = ReturnType<typeof createTRPCClient<AppRouter>>;

export const defaultUrl = "http://localhost:3000";

export function addConnectionOptions(command: Command): Command {
  return addUrlOption(command)
    .option("--token <token>", "an API token (default: MAESTRO_TOKEN, or what login keeps)")
    .option("--data-dir <directory>", "of a server on this machine (default: MAESTRO_DATA_DIR)");
}

export function addUrlOption(command: Command): Command {
  return command
    .option("--url <url>", `the server (default: MAESTRO_URL, or ${defaultUrl})`)
    .option("--json", "answer in JSON");
}

/** Calls the server with `use`, and says what is wrong in a sentence where it cannot be called. */
export async function withClient<T>(
  io: CommandIo,
  options: ConnectionOptions,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const named = {
    url: options.url ?? io.env["MAESTRO_URL"],
    token: options.token ?? io.env["MAESTRO_TOKEN"],
  };
  const local = named.url || named.token ? null : await io.findLocalServer(options.dataDir);
  // A server of this machine is nearer than one that somebody logged in at.
  const login =
    local || named.token !== undefined ? null : await findLogin(loginsPath(io.env), named.url);
  const { url = defaultUrl, token } = local ?? login ?? named;
  if (!URL.canParse(url)) {
    throw new MaestroError("invalidInput", `${url} is no URL: write it as ${defaultUrl}`);
  }
  const link = {
    url: new URL("/trpc", url).href,
    headers: !token ? {} : { "x-api-token": token },
    fetch: local ? renewingToken(io, options.dataDir, local.token) : warnOfExpiry(io),
  };
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ path }) => longInputs.has(path),
        true: httpLink({ ...link, methodOverride: "POST" }),
        false: httpLink(link),
      }),
    ],
  });
  try {
    return await use(client);
  } catch (error) {
    throw explain(error, url, token !== undefined);
  }
}

type LinkFetch = NonNullable<Parameters<typeof httpLink>[0]["fetch"]>;

/**
 * The token of this machine's own server is replaced before its end, and here when it is refused: it
 * was revoked, or its user disabled. A refused call has done nothing, and is made once more.
 */
function renewingToken(
  io: Pick<CommandIo, "findLocalServer">,
  dataDir: string | undefined,
  first: string,
): LinkFetch {
  let token = first;
  return async (input, init) => {
    const send = () => {
      const headers = { ...(init?.headers as Record<string, string>), "x-api-token": token };
      return fetchHere(input, { ...(init as RequestInit), headers });
    };
    const response = await send();
    if (response.status !== 401) return response;
    const renewed = await io.findLocalServer(dataDir, token);
    if (!renewed || renewed.token === token) return response;
    token = renewed.token;
    return send();
  };
}

/** Says once on standard error when the token that is used ends soon. */
function warnOfExpiry(io: Pick<CommandIo, "stderr">): LinkFetch {
  let hasWarned = false;
  return async (input, init) => {
    const response = await fetchHere(input, init as RequestInit);
    const expiresAt = response.headers.get("x-api-token-expires");
    if (expiresAt !== null && !hasWarned) {
      hasWarned = true;
      const instant = expiresAt.slice(0, 16).replace("T", " ");
      io.stderr.write(`maestro: this API token ends at ${instant} UTC: make another before\n`);
    }
    return response;
  };
}

function explain(error: unknown, url: string, hasToken: boolean): unknown {
  if (!(error instanceof TRPCClientError)) return error;
  const data = error.data as { code?: ErrorCode } | null | undefined;
  if (!data?.code) {
    const cause = deepestCause(error);
    if (cause instanceof MaestroError) return cause;
    return new MaestroError(
      "transient",
      `cannot reach Maestro at ${url} (${"code" in cause ? String(cause.code) : cause.message}): is it running, and is that its address?`,
      { cause: error },
    );
  }
  if (data.code === "unauthenticated") {
    const remedy = hasToken
      ? "make another with maestro token, or log in again with maestro login"
      : "log in with maestro login, or make a token with maestro token, and pass it in --token or MAESTRO_TOKEN";
    return new MaestroError("unauthenticated", `${error.message}: ${remedy}`, { cause: error });
  }
  // The message is the server's answer and no secret of this process, whatever its code.
  const code = data.code === "internal" ? "warehouse" : data.code;
  return new MaestroError(code, error.message, { cause: error });
}

/** `fetch` hides why in nested causes. */
function deepestCause(error: Error): Error {
  let deepest: Error = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  return deepest;
}
