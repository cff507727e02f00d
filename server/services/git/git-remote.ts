import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import { createPostgresLockStore } from "../../db/held-locks.ts";
import { holdLock } from "../../support/hold-lock.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";
import { noteHead } from "./note-head.ts";

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
  "git.silentSeconds",
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
    silentMs: (settings["git.silentSeconds"] ?? 120) * 1_000,
  };
}

/** How rows name a repository and its branch. */
export function remoteKey({ url, branch }: Pick<GitRemote, "url" | "branch">): string {
  return `${url}#${branch}`;
}

const lockName = "git";
const ttlMs = 60_000;

/** A branch, and whether its history is another than the one that was seen before. */
export interface OpenedBranch {
  branch: GitBranch;
  isRewritten: boolean;
}

/**
 * Works on the branch while no other process does. The lock keeps processes out of each other's way;
 * that none overwrites what another pushed is the push's own, which only moves the branch from where it
 * was read. Null: another process is at it for longer than `waitMs`.
 */
export async function withBranch<T>(
  deps: Pick<GitDeps, "db" | "git" | "log">,
  remote: GitRemote,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  work: (opened: OpenedBranch, signal: AbortSignal) => Promise<T>,
): Promise<{ result: T } | null> {
  const store = createPostgresLockStore(deps.db);
  return holdLock(store, lockName, { ttlMs, waitMs }, signal, async (held) => {
    const branch = await deps.git.open(remote, held);
    try {
      const isRewritten = await noteHead(deps, remoteKey(remote), branch);
      return await work({ branch, isRewritten }, held);
    } finally {
      await branch.close();
    }
  });
}
