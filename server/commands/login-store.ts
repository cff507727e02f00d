import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { pause } from "../support/abortable.ts";

/** The tokens of `maestro login`, by the server's origin; `last` is the server of the last one. */
interface Logins {
  last: string | null;
  tokens: Record<string, string>;
}

const ownerAlone = 0o600;
const lockLookMs = 20;
const lockLifeMs = 10_000;

/** Where they are kept: a file that nobody else may read. */
export function loginsPath(env: Record<string, string | undefined>): string {
  const folder = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return join(folder, "maestro", "logins.json");
}

export async function readLogins(path: string): Promise<Logins> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw new MaestroError("configuration", `${path} cannot be read: ${messageOf(error)}`);
  });
  if (text === null) return { last: null, tokens: {} };
  try {
    const { last, tokens } = JSON.parse(text) as Partial<Logins>;
    return { last: last ?? null, tokens: tokens ?? {} };
  } catch {
    throw new MaestroError("configuration", `${path} holds no JSON: remove it and log in again`);
  }
}

/** The token for a server, or for the last one where none is named. */
export async function findLogin(
  path: string,
  url: string | undefined,
): Promise<{ url: string; token: string } | null> {
  const { last, tokens } = await readLogins(path);
  const origin = url === undefined ? last : URL.canParse(url) ? new URL(url).origin : null;
  const token = origin === null ? undefined : tokens[origin];
  return origin !== null && token !== undefined ? { url: url ?? origin, token } : null;
}

export async function keepLogin(path: string, url: string, token: string): Promise<void> {
  const { origin } = new URL(url);
  await changeLogins(path, ({ tokens }) => ({
    last: origin,
    tokens: { ...tokens, [origin]: token },
  }));
}

/** False where there was none. */
export async function forgetLogin(path: string, url: string): Promise<boolean> {
  const { origin } = new URL(url);
  if ((await readLogins(path)).tokens[origin] === undefined) return false;
  await changeLogins(path, ({ last, tokens: { [origin]: _, ...others } }) => ({
    last: last === origin ? null : last,
    tokens: others,
  }));
  return true;
}

/**
 * Written beside and put in its place: it is whole, and never readable by others. Of several commands at
 * once each finds what those before it wrote: whoever makes the lock's file is alone with it.
 */
async function changeLogins(path: string, change: (logins: Logins) => Logins): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = `${path}.lock`;
  while (!(await isMade(lock))) {
    if (await isLeft(lock)) await rm(lock, { force: true });
    await pause(lockLookMs);
  }
  const fresh = `${path}.${randomUUID()}`;
  try {
    const logins = change(await readLogins(path));
    await writeFile(fresh, `${JSON.stringify(logins, null, 2)}\n`, { mode: ownerAlone });
    await chmod(fresh, ownerAlone);
    await rename(fresh, path);
  } finally {
    await rm(fresh, { force: true });
    await rm(lock, { force: true });
  }
}

/** False where it is there. */
async function isMade(lock: string): Promise<boolean> {
  try {
    await (await open(lock, "wx", ownerAlone)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new MaestroError("configuration", `${lock} cannot be written: ${messageOf(error)}`);
  }
}

/** Whether a command that was killed left it: none holds it for more than a moment. */
async function isLeft(lock: string): Promise<boolean> {
  const made = await stat(lock).catch(() => null);
  return made !== null && Date.now() - made.mtimeMs > lockLifeMs;
}
