import { lookup } from "node:dns/promises";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GitError, type SimpleGit, simpleGit } from "simple-git";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { type GitAddress, readGitAddress } from "../../shared/git.ts";
import { type AllowedPlaces, mayConnect, refusedAddress } from "../support/outbound-address.ts";

/** A repository's branch, and how it is reached. */
export interface GitRemote {
  url: string;
  branch: string;
  /** Over HTTPS; null for a repository that anybody may write. */
  token: string | null;
  /** Over SSH, a private key in PEM. */
  key: string | null;
  /** The lines of `known_hosts` that were pinned; null before the first use. */
  knownHosts: string | null;
  /** Private addresses that it may be at. */
  allowed: AllowedPlaces;
}

/** Runs `git` for one remote. */
export interface GitCommand {
  run(args: string[], input?: string): Promise<string>;
  /** The same, whatever the bytes are. */
  bytes(args: string[], input: string): Promise<Buffer>;
  /** What SSH has learnt of the host at its first use. */
  learntHosts(): Promise<string | null>;
  close(): Promise<void>;
}

/** Silence for so long is a remote that is away. */
const silentMs = 60_000;
const ownerAlone = 0o600;

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
 * and the key in a file that nobody else may read and that is gone afterwards: neither is in an argument,
 * in the address or in the repository's configuration. The host's name is resolved once and looked at;
 * the connection is made to that address, and redirects are not followed. Not covered: a proxy of the
 * system's own.
 */
export async function prepareGit(
  gitDir: string,
  remote: GitRemote,
  signal: AbortSignal,
): Promise<GitCommand> {
  const address = readGitAddress(remote.url);
  if (!address) throw fault("git.url is no address of a repository: set it again");
  if (address.kind === "ssh" && remote.key === null) {
    throw fault("git.url is reached over SSH, and git.key is not set: set it");
  }
  const at = await resolveHost(address, remote.allowed);
  const folder = await mkdtemp(join(tmpdir(), "maestro-git-"));
  const env = {
    PATH: searchPath(),
    HOME: folder,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...(address.kind === "http"
      ? await withToken(folder, remote)
      : { GIT_SSH_COMMAND: await sshCommand(folder, address, at, remote) }),
  };
  const pin =
    address.kind === "http" ? [`http.curloptResolve=${address.host}:${address.port}:${at}`] : [];
  const make = (input?: string): SimpleGit =>
    simpleGit({
      baseDir: gitDir,
      config: pin,
      abort: signal,
      timeout: { block: silentMs },
      unsafe: {
        allowUnsafeAskPass: true,
        allowUnsafeSshCommand: true,
        allowUnsafeConfigPaths: true,
      },
      allowEnvironment: passed,
      ...(input === undefined ? {} : { input: () => input }),
    }).env(env);
  const hostsFile = join(folder, "known_hosts");
  return {
    run: (args, input) =>
      make(input)
        .raw(args)
        .catch((error) => refuse(error, remote)),
    bytes: async (args, input) => {
      const answer: unknown = await make(input)
        .binaryCatFile(args)
        .catch((error) => refuse(error, remote));
      return answer as Buffer;
    },
    learntHosts: () => readFile(hostsFile, "utf8").catch(() => null),
    close: () => rm(folder, { recursive: true, force: true }),
  };
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
    throw fault(`the host ${host} of git.url is not found: ${messageOf(cause)}`, true);
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

/** The first host key that is seen is pinned, and no other is taken from then on. */
async function sshCommand(
  folder: string,
  { host, port }: GitAddress,
  at: string,
  { key, knownHosts }: GitRemote,
): Promise<string> {
  const keyFile = join(folder, "key");
  await writeFile(keyFile, `${(key ?? "").trimEnd()}\n`, { mode: ownerAlone });
  await chmod(keyFile, ownerAlone);
  const hostsFile = join(folder, "known_hosts");
  if (knownHosts !== null) await writeFile(hostsFile, `${knownHosts.trimEnd()}\n`);
  const options = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "ConnectTimeout=20",
    "HashKnownHosts=no",
    `UserKnownHostsFile=${hostsFile}`,
    "GlobalKnownHostsFile=/dev/null",
    `StrictHostKeyChecking=${knownHosts === null ? "accept-new" : "yes"}`,
    `HostName=${at}`,
    `HostKeyAlias=${host}`,
    `Port=${port}`,
  ];
  return ["ssh", "-F", "/dev/null", "-i", keyFile, ...options.flatMap((one) => ["-o", one])].join(
    " ",
  );
}

function fault(message: string, retryable = false, cause?: unknown): MaestroError {
  return new MaestroError("git", message, { retryable, cause });
}

/** What git writes when it fails, in words that say what to do. */
const refusals: { pattern: RegExp; say: string }[] = [
  {
    pattern:
      /Authentication failed|could not read (Username|Password)|HTTP Basic|error: 40[13]|Permission denied/i,
    say: "the repository refused the credentials: set git.token or git.key to those of somebody who may write there",
  },
  {
    pattern: /Host key verification failed/i,
    say: "the host shows another key than the one that was pinned: unset git.knownHosts if that is right",
  },
  {
    pattern: /not found|does not appear to be a git repository/i,
    say: "there is no such repository, or it is hidden from these credentials: look at git.url",
  },
  {
    pattern: /protected branch|pre-receive hook declined|remote rejected/i,
    say: "the repository does not take commits on this branch: let Maestro write to it, or name another in git.branch",
  },
];

function refuse(error: unknown, { token }: GitRemote): never {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    throw fault(
      "the program git is not installed where Maestro's worker runs: install it, version 2.37 or newer",
      false,
      error,
    );
  }
  const text = scrubbed(messageOf(error), token);
  if (/spawn git ENOENT/.test(text)) {
    throw fault(
      "the program git is not installed where Maestro runs: install it, version 2.37 or newer",
    );
  }
  const known = refusals.find(({ pattern }) => pattern.test(text));
  const last = text.trim().split("\n").slice(-3).join(" ").slice(0, 500);
  if (known) throw fault(`${known.say} (${last})`);
  // What is not known may pass: the network, a server that restarts.
  throw fault(
    `the repository cannot be reached: ${last}`,
    true,
    error instanceof GitError ? undefined : error,
  );
}

/** A server may say back what it was sent. */
function scrubbed(text: string, token: string | null): string {
  return token === null || token === "" ? text : text.replaceAll(token, "[hidden]");
}
