import { spawn } from "node:child_process";
import { hostname } from "node:os";
import { Command } from "commander";
import { type ErrorCode, MaestroError } from "../../shared/errors.ts";
import type { AskedLogin } from "../../shared/login.ts";
import { pause } from "../support/abortable.ts";
import { addUrlOption, type CommandIo, defaultUrl, withClient } from "./client-connection.ts";
import { writeJson } from "./client-output.ts";
import { fetchHere } from "./fetch-here.ts";
import { findLogin, forgetLogin, keepLogin, loginsPath } from "./login-store.ts";
import { readSecret } from "./read-secret.ts";

interface Options {
  url?: string;
  withToken?: boolean;
  browser?: boolean;
  json?: boolean;
}

/** Faults in which a login that waits goes on. */
const passing = new Set<ErrorCode>(["transient", "rateLimited", "timeout"]);
const pollMs = 2_000;

/** `maestro login`: through the browser, or with a token that is typed or piped. */
export function createLoginCommand(io: CommandIo): Command {
  return addUrlOption(new Command("login"))
    .description("keep a token for a server: made in the web app, where you say yes, or your own")
    .option("--with-token", "read a token from standard input, or ask for it")
    .option("--no-browser", "print the address and open nothing")
    .action((options: Options) => login(io, options));
}

export function createLogoutCommand(io: CommandIo): Command {
  return addUrlOption(new Command("logout"))
    .description("forget the token of a server; it ends for good when it is revoked in the web app")
    .action(async (options: Options) => {
      const path = loginsPath(io.env);
      const url = readUrl(options.url ?? io.env["MAESTRO_URL"] ?? (await lastUrl(path)));
      const wasThere = await forgetLogin(path, url);
      if (options.json) return writeJson(io.stdout, { url, wasThere });
      io.stdout.write(wasThere ? `logged out of ${url}\n` : `there was no login at ${url}\n`);
    });
}

async function lastUrl(path: string): Promise<string> {
  return (await findLogin(path, undefined))?.url ?? defaultUrl;
}

async function login(io: CommandIo, options: Options): Promise<void> {
  const url = readUrl(options.url ?? io.env["MAESTRO_URL"] ?? defaultUrl);
  const token = options.withToken ? await typedToken(io) : await approvedToken(io, url, options);
  // It must work before it takes the place of one that does.
  const me = await withClient(io, { url, token }, (client) => client.me.get.query());
  const path = loginsPath(io.env);
  await keepLogin(path, url, token);
  if (options.json) return writeJson(io.stdout, { url, email: me.email, file: path });
  io.stdout.write(`logged in at ${url} as ${me.email}; the token is in ${path}\n`);
}

async function typedToken(io: CommandIo): Promise<string> {
  const token = await readSecret(io, {
    variable: "MAESTRO_TOKEN",
    prompt: "API token",
    fromStdin: io.stdin?.isTTY !== true,
  });
  if (token) return token.trim();
  throw new MaestroError("invalidInput", "there is no token: pipe one in, or type it");
}

/** Asks for a login, shows where to approve it, and waits until somebody has. */
async function approvedToken(io: CommandIo, url: string, options: Options): Promise<string> {
  const machine =
    hostname()
      .replace(/[^\p{L}\p{N}._-]+/gu, "-")
      .slice(0, 63) || "unnamed";
  const asked = await post<AskedLogin>(url, "/auth/login", { machine });
  const page = new URL("/login", url).href;
  io.stderr.write(`open ${page}\nand enter the code ${asked.code}\n`);
  if (options.browser !== false && io.stdin?.isTTY) openBrowser(page);
  const cancelled = new AbortController();
  const stopListening = io.onInterrupt?.(() => cancelled.abort());
  try {
    for (;;) {
      const token = await claim(url, asked.secret);
      if (token !== null) return token;
      await pause(pollMs, cancelled.signal);
      if (cancelled.signal.aborted) throw new MaestroError("cancelled", "nothing was kept");
    }
  } finally {
    stopListening?.();
  }
}

/** The token; null while it is not approved, or the server is away or busy: the login goes on. */
async function claim(url: string, secret: string): Promise<string | null> {
  try {
    return (await post<{ token: string | null }>(url, "/auth/login/claim", { secret })).token;
  } catch (error) {
    if (error instanceof MaestroError && passing.has(error.code)) return null;
    throw error;
  }
}

/** These come before there is a token, and are no procedures. */
async function post<T>(url: string, path: string, body: object): Promise<T> {
  const address = new URL(path, url).href;
  const headers = { "content-type": "application/json" };
  const sent = fetchHere(address, { method: "POST", headers, body: JSON.stringify(body) });
  const response = await sent.catch((cause: unknown) => {
    if (cause instanceof MaestroError) throw cause;
    const message = `cannot reach Maestro at ${url}: is it running, and is that its address?`;
    throw new MaestroError("transient", message, { cause });
  });
  const answer = (await response.json().catch(() => null)) as
    | (T & { error?: { message: string; code: ErrorCode } })
    | null;
  if (response.ok && answer !== null) return answer;
  if (answer?.error) throw new MaestroError(answer.error.code, answer.error.message);
  const message = `${address} answered ${response.status}: is that Maestro's address?`;
  throw new MaestroError(response.status >= 500 ? "transient" : "configuration", message);
}

/** Where there is none that can be opened, the address has been shown. */
function openBrowser(page: string): void {
  const [command, ...args] = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] }[
    process.platform as string
  ] ?? ["xdg-open"];
  const child = spawn(command ?? "xdg-open", [...args, page], { stdio: "ignore", detached: true });
  child.once("error", () => undefined);
  child.unref();
}

function readUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new MaestroError("invalidInput", `${text} is no URL: write it as ${defaultUrl}`);
}
