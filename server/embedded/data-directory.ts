import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { openProcessTable } from "../support/process-table.ts";

/** Makes the data directory and sees that it can be written. Answers its absolute path. */
export async function openDataDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  const probe = join(directory, `.probe-${process.pid}`);
  try {
    await makeDirectory(directory);
    await writeFile(probe, "");
    await rm(probe);
    return directory;
  } catch (cause) {
    throw new MaestroError(
      "configuration",
      `the data directory ${directory} cannot be written (${messageOf(cause)}): name another with -data-dir`,
      { cause },
    );
  }
}

/** Level by level: the recursive option never returns under /proc, where a folder cannot be made. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || (await isDirectory(dirname(path)))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o755 });
  }
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A process that was killed is there for a moment longer: whoever restarts it at once is not refused. */
const dyingMs = 3_000;

/**
 * Takes the data directory for this process: two trees on one directory would stop each other's
 * servers. The lock is a file with the holder's pid and start time, so that one left behind by a
 * SIGKILL, or whose pid another program has by now, is taken over.
 */
export async function lockDataDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "maestro.pid");
  const processes = openProcessTable();
  const mine = `${process.pid} ${processes?.startOf(process.pid) ?? untold}`;
  const isHolder = (pid: number, start: string) =>
    processes && start !== untold ? processes.isSame(pid, start) : isAlive(pid);
  const deadline = Date.now() + dyingMs;
  for (;;) {
    const taken = await writeFile(path, mine, { flag: "wx" }).then(
      () => true,
      () => false,
    );
    if (taken) return () => rm(path, { force: true });
    const [pid, startTime] = (await readFile(path, "utf8").catch(() => "")).split(" ");
    const isHeld = pid && startTime && isHolder(Number(pid), startTime);
    if (!isHeld) await rm(path, { force: true });
    if (Date.now() > deadline) {
      throw new MaestroError(
        "configuration",
        isHeld
          ? `Maestro runs already on ${directory} (process ${pid}): stop it, or name another directory with -data-dir`
          : `the lock ${path} cannot be taken`,
      );
    }
    await delay(50);
  }
}

/** What is noted where the system does not tell when processes began. */
const untold = "alive";

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** The secret named, or the data directory's own, which is made at the first start. */
export async function readSecret(options: {
  secret: string | null;
  secretPath: string | null;
  directory: string;
}): Promise<string> {
  if (options.secret) return options.secret;
  const path = options.secretPath ?? join(options.directory, "secret");
  if (!options.secretPath) {
    await writeFile(path, randomBytes(32).toString("base64url"), { flag: "wx", mode: 0o600 }).catch(
      (error) => {
        if ((error as { code?: string }).code !== "EEXIST") throw error;
      },
    );
  }
  const secret = await readFile(path, "utf8").catch((cause) => {
    throw new MaestroError(
      "configuration",
      `the secret file ${path} cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  });
  if (secret.trim().length < 8) {
    throw new MaestroError("configuration", `the secret in ${path} is shorter than 8 characters`);
  }
  return secret.trim();
}
