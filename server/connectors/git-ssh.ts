import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { MaestroError } from "../../shared/errors.ts";
import type { GitAddress } from "../../shared/git.ts";
import { startKeyAgent } from "./git-key-agent.ts";

/** How git reaches a host over SSH. */
export interface SshAccess {
  /** What git runs as `ssh`. */
  command: string;
  close(): Promise<void>;
}

export interface SshLogin {
  key: string;
  /** The lines of `known_hosts`. */
  knownHosts: string | null;
}

const run = promisify(execFile);
const scanMs = 20_000;

/**
 * SSH with one key and the host's pinned keys, whatever the system's own configuration says. A host
 * whose keys nobody has pinned is refused, and the error shows the keys that it has.
 */
export async function openSsh(
  folder: string,
  address: GitAddress,
  at: string,
  { login, env }: { login: SshLogin; env: Record<string, string> },
): Promise<SshAccess> {
  const { host, port } = address;
  if (login.knownHosts === null) throw await unknownHost(address, at, env);
  const hostsFile = join(folder, "known_hosts");
  // The port is left out, as the host is looked for by its alias.
  const lines = login.knownHosts.replaceAll(`[${host}]:${port}`, host);
  await writeFile(hostsFile, `${lines.trimEnd()}\n`);
  const agent = await startKeyAgent(folder, login.key, env);
  const options = [
    "BatchMode=yes",
    `IdentityAgent=${agent.socket}`,
    "IdentityFile=none",
    "ConnectTimeout=20",
    `UserKnownHostsFile=${hostsFile}`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    `HostName=${at}`,
    `HostKeyAlias=${host}`,
    `Port=${port}`,
  ];
  const command = ["ssh", "-F", "/dev/null", ...options.flatMap((one) => ["-o", one])].join(" ");
  return { command, close: agent.close };
}

async function unknownHost(
  { host, port }: GitAddress,
  at: string,
  env: Record<string, string>,
): Promise<MaestroError> {
  const args = ["-T", "10", "-p", String(port), at];
  const shown = await run("ssh-keyscan", args, { env, timeout: scanMs }).then(
    ({ stdout }) => stdout,
    () => "",
  );
  const keys = shown.split("\n").flatMap((line) => {
    const [, kind, key] = /^\S+ (\S+) (\S+)$/.exec(line.trim()) ?? [];
    return kind && key ? [`${host} ${kind} ${key}`] : [];
  });
  const first = keys.find((line) => line.includes("ed25519")) ?? keys[0];
  const offer = first ? `it shows "${first}"` : "it could not be asked for them";
  const message = `the keys of the host ${host} are not known, and nothing is sent to it: ${offer}; compare that with what its owner publishes, and set git.knownHosts to it`;
  return new MaestroError("git", message, { retryable: first === undefined });
}
