import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import { createPostgresLockStore } from "../../db/held-locks.ts";
import { upsertSetting } from "../../db/settings.ts";
import { holdLock } from "../../support/hold-lock.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

export type GitDeps = Pick<
  Deps,
  | "db"
  | "secretBox"
  | "givenSettings"
  | "git"
  | "log"
  | "random"
  | "changes"
  | "warehouse"
  | "sqlParser"
>;

const keys = [
  "git.url",
  "git.branch",
  "git.token",
  "git.key",
  "git.knownHosts",
  "network.allowed",
] as const;

/** The repository of the settings; null where there is none. */
export async function readGitRemote(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
): Promise<GitRemote | null> {
  const settings = await readSettings(deps, keys);
  const url = settings["git.url"];
  if (url === null) return null;
  return {
    url,
    branch: settings["git.branch"] ?? "main",
    token: settings["git.token"],
    key: settings["git.key"],
    knownHosts: settings["git.knownHosts"],
    allowed: settings["network.allowed"] ?? [],
  };
}

/** How rows name a repository and its branch. */
export function remoteKey({ url, branch }: GitRemote): string {
  return `${url}#${branch}`;
}

const lockName = "git";
const ttlMs = 60_000;

/**
 * Works on the branch while no other process does. The lock keeps processes out of each other's way;
 * that none overwrites what another pushed is the push's own, which only moves the branch from where it
 * was read. Null: another process is at it for longer than `waitMs`.
 */
export async function withBranch<T>(
  deps: Pick<GitDeps, "db" | "git" | "givenSettings">,
  remote: GitRemote,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  work: (branch: GitBranch, signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  const store = createPostgresLockStore(deps.db);
  return holdLock(store, lockName, { ttlMs, waitMs }, signal, async (held) => {
    const branch = await deps.git.open(remote, held);
    try {
      await pinHosts(deps, remote, branch);
      return await work(branch, held);
    } finally {
      await branch.close();
    }
  });
}

/** The host's keys of the first use are a setting from then on. */
async function pinHosts(
  deps: Pick<GitDeps, "db" | "givenSettings">,
  remote: GitRemote,
  branch: GitBranch,
): Promise<void> {
  if (remote.knownHosts !== null) return;
  const learnt = await branch.learntHosts();
  if (learnt === null || learnt.trim() === "") return;
  await upsertSetting(deps.db, "git.knownHosts", { text: learnt.trim() });
}
