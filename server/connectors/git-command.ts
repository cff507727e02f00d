import { lookup } from "node:dns/promises";
import { lstat, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SimpleGit, simpleGit } from "simple-git";
import { messageOf } from "../../shared/errors.ts";
import { type GitAddress, readGitAddress } from "../../shared/git.ts";
import { type AllowedPlaces, mayConnect, refusedAddress } from "../support/outbound-address.ts";
import { gitFault, readRefusal } from "./git-refusals.ts";
import { openSsh } from "./git-ssh.ts";

/** A repository's branch, and how it is reached. */
export interface GitRemote {
  url: string;
  branch: string;
  /** Over HTTPS; null for a repository that anybody may write. */
  token: string | null;
  /** Over SSH, a private key in PEM. */
  key: string | null;
  /** The lines of `known_hosts` that the host is held against. */
  knownHosts: string | null;
  /** Private addresses that it may be at. */
  allowed: AllowedPlaces;
  /** A remote that says nothing for so long is away. */
  silentMs: number;
}

/** What git says while it fetches or pushes: the stage, and its percentage. */
export type TellProgress = (stage: string, percent: number) => void;

/** Runs `git` for one remote. */
export interface GitCommand {
  run(args: string[], input?: string): Promise<string>;
  /** The same, whatever the bytes are. */
  bytes(args: string[], input: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** What a process that was killed left behind is nobody's by then. */
const leftForMs = 3_600_000;

/** Variables that reach git: no configuration, helper or editor of whoever started this process. */
const passed = [
  "GIT_TERMINAL_PROMPT",
  "GIT_ASKPASS",
  "GIT_SSH_COMMAND",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_NOSYSTEM",
];

/**
 * Prepares `git` in a bare repository. The token goes to it by an askpass program, in the environment,
 * and the key to SSH's agent over a pipe: neither is in an argument, in a file, in the address or in the
 * repository's configuration. The host's name is resolved once and looked at; the connection is made to
 * that address, and redirects are not followed. Not covered: a proxy of the system's own.
 */
export async function prepareGit(
  gitDir: string,
  remote: GitRemote,
  { signal, tell }: { signal: AbortSignal; tell: TellProgress },
): Promise<GitCommand> {
  const address = readGitAddress(remote.url);
  if (!address) throw gitFault("git.url is no address of a repository: set it again");
  if (address.kind === "ssh" && remote.key === null) {
    throw gitFault("git.url is reached over SSH, and git.key is not set: set it");
  }
  const at = await resolveHost(address, remote.allowed);
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), "maestro-git-"));
  const access = await openAccess(folder, address, at, remote).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const pin =
    address.kind === "http" ? [`http.curloptResolve=${address.host}:${address.port}:${at}`] : [];
  const make = (input?: string): SimpleGit =>
    simpleGit({
      baseDir: gitDir,
      config: pin,
      abort: signal,
      timeout: { block: remote.silentMs },
      progress: ({ stage, progress }) => tell(stage, progress),
      unsafe: {
        allowUnsafeAskPass: true,
        allowUnsafeSshCommand: true,
        allowUnsafeConfigPaths: true,
      },
      allowEnvironment: passed,
      ...(input === undefined ? {} : { input: () => input }),
    }).env(access.env);
  const refuse = (error: unknown): never => {
    throw readRefusal(error, remote);
  };
  return {
    run: (args, input) => make(input).raw(args).catch(refuse),
    bytes: async (args, input) => {
      const answer: unknown = await make(input).binaryCatFile(args).catch(refuse);
      return answer as Buffer;
    },
    async close() {
      await access.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Access {
  env: Record<string, string>;
  close(): Promise<void>;
}

async function openAccess(
  folder: string,
  address: GitAddress,
  at: string,
  remote: GitRemote,
): Promise<Access> {
  const env = {
    PATH: searchPath(),
    HOME: folder,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
  if (address.kind === "http") {
    return { env: { ...env, ...(await withToken(folder, remote)) }, close: async () => undefined };
  }
  const login = { key: remote.key ?? "", knownHosts: remote.knownHosts };
  const { command, close } = await openSsh(folder, address, at, { login, env });
  return { env: { ...env, GIT_SSH_COMMAND: command }, close };
}

/** Removes the folders of processes that were killed: a key was in those of an older Maestro. */
async function sweep(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((one) => /^maestro-git-\w{6}$/.test(one))) {
    const path = join(tmpdir(), name);
    const found = await lstat(path).catch(() => null);
    if (!found?.isDirectory() || Date.now() - found.mtimeMs < leftForMs) continue;
    // Another user's stays.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Where programs are: the one variable of this process's own that git needs. */
function searchPath(): string {
  return ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/usr/local/git/bin"].join(
    ":",
  );
}

async function resolveHost(address: GitAddress, allowed: AllowedPlaces): Promise<string> {
  const { host } = address;
  const found = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw gitFault(`the host ${host} of git.url is not found: ${messageOf(cause)}`, true);
  });
  const refused = found.find((one) => !mayConnect(host, one.address, allowed));
  const [first] = found;
  if (refused || !first) throw refusedAddress(host, refused?.address ?? "no address");
  return first.address;
}

async function withToken(
  folder: string,
  { url, token }: GitRemote,
): Promise<Record<string, string>> {
  const askpass = join(folder, "askpass");
  const user = readGitAddress(url)?.user ?? "x-access-token";
  const script = `#!/bin/sh\ncase "$1" in Username*) echo "$MAESTRO_GIT_USER";; *) echo "$MAESTRO_GIT_TOKEN";; esac\n`;
  await writeFile(askpass, script, { mode: 0o700 });
  return { GIT_ASKPASS: askpass, MAESTRO_GIT_USER: user, MAESTRO_GIT_TOKEN: token ?? "" };
}
