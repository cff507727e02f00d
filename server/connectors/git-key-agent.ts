import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { MaestroError } from "../../shared/errors.ts";

/** Holds one private key for SSH, in memory. */
export interface KeyAgent {
  socket: string;
  /** Ends the agent; the key is nowhere then. */
  close(): Promise<void>;
}

type Env = Record<string, string>;

/**
 * What the agent runs, and ends with: it waits for the end of its input, which comes when Maestro closes
 * it or is killed, whichever way, and ends the agent and its folder.
 */
const untilTheEnd =
  'echo ready; cat > /dev/null; kill "$SSH_AGENT_PID"; rm -rf "$0"; while kill -0 "$SSH_AGENT_PID"; do sleep 0.1; done';

/**
 * Starts `ssh-agent` in `folder`, and hands it the key over a pipe: it is in no file, at no time. The
 * folder is removed with the agent, also where this process is killed outright.
 */
export async function startKeyAgent(folder: string, key: string, env: Env): Promise<KeyAgent> {
  const socket = join(folder, "agent");
  const args = ["-a", socket, "sh", "-c", untilTheEnd, folder];
  const agent = spawn("ssh-agent", args, { env, stdio: ["pipe", "pipe", "ignore"] });
  agent.stdin.on("error", () => undefined);
  const ended = endOf(agent);
  const close = async () => {
    agent.stdin.end();
    await ended;
  };
  const isReady = await Promise.race([
    once(agent.stdout, "data").then(() => true),
    ended.then((fault) => {
      if (fault) throw notInstalled(fault);
      return false;
    }),
  ]);
  if (!isReady) throw fault("ssh-agent did not start where Maestro runs");
  try {
    await addKey(key, { ...env, SSH_AUTH_SOCK: socket });
  } catch (error) {
    await close();
    throw error;
  }
  return { socket, close };
}

async function addKey(key: string, env: Env): Promise<void> {
  const child = spawn("ssh-add", ["-q", "-"], { env, stdio: ["pipe", "ignore", "pipe"] });
  child.stdin.on("error", () => undefined);
  child.stdin.end(`${key.trimEnd()}\n`);
  const [said, missing] = await Promise.all([text(child.stderr), endOf(child)]);
  if (missing) throw notInstalled(missing);
  if (child.exitCode === 0) return;
  const why = said.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
  throw fault(`git.key is no private key that SSH can read (${why}): set one without a passphrase`);
}

/** Settles when the program has ended; the fault where it never began. */
function endOf(child: ChildProcess): Promise<Error | null> {
  return new Promise((resolve) => {
    child.once("error", resolve);
    child.once("close", () => resolve(null));
  });
}

function notInstalled(cause: Error): MaestroError {
  const message =
    "the programs ssh-agent and ssh-add are not installed where Maestro runs: install openssh-client";
  return new MaestroError("git", message, { cause });
}

function fault(message: string): MaestroError {
  return new MaestroError("git", message);
}
