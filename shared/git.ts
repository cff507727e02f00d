import { z } from "zod";

/** Where a repository is, as far as Maestro takes one. */
export interface GitAddress {
  kind: "http" | "ssh";
  host: string;
  port: number;
  /** Null where the address names none. */
  user: string | null;
  path: string;
}

const hostName = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?";
const userName = "[A-Za-z0-9_][A-Za-z0-9._-]*";
const pathName = "[A-Za-z0-9_~][A-Za-z0-9._~/+-]*";
const web = new RegExp(
  `^(https?)://(?:(${userName})@)?(${hostName})(?::(\\d{1,5}))?/(${pathName})$`,
);
const secureShell = new RegExp(
  `^ssh://(?:(${userName})@)?(${hostName})(?::(\\d{1,5}))?/(${pathName})$`,
);
/** As scp writes it, and GitHub shows it. */
const short = new RegExp(`^(${userName})@(${hostName}):(${pathName})$`);
const loopback = /^(localhost|127\.\d+\.\d+\.\d+)$/;

/**
 * Reads `https://host/path`, `ssh://user@host/path` and `user@host:path`; null for all else, such as a
 * path of this machine, another program's scheme, an option, or a password within it.
 */
export function readGitAddress(text: string): GitAddress | null {
  return readWeb(text) ?? readSecureShell(text) ?? readShort(text);
}

function readWeb(text: string): GitAddress | null {
  const [, scheme, user, host, port, path] = web.exec(text) ?? [];
  if (!scheme || !host || !path || (scheme === "http" && !loopback.test(host))) return null;
  const usual = scheme === "https" ? 443 : 80;
  return { kind: "http", host, port: Number(port ?? usual), user: user ?? null, path };
}

function readSecureShell(text: string): GitAddress | null {
  const [, user, host, port, path] = secureShell.exec(text) ?? [];
  return host && path
    ? { kind: "ssh", host, port: Number(port ?? 22), user: user ?? null, path }
    : null;
}

function readShort(text: string): GitAddress | null {
  const [, user, host, path] = short.exec(text) ?? [];
  return user && host && path ? { kind: "ssh", host, port: 22, user, path } : null;
}

/** Where a file of a branch is shown, at hosts whose pages are known; null elsewhere. */
export function fileUrl(url: string, branch: string, path: string): string | null {
  const address = readGitAddress(url);
  if (!address) return null;
  const page = `https://${address.host}/${address.path.replace(/\.git$/, "")}`;
  if (address.host === "github.com") return `${page}/blob/${branch}/${path}`;
  if (address.host === "bitbucket.org") return `${page}/src/${branch}/${path}`;
  return address.host.startsWith("gitlab.") ? `${page}/-/blob/${branch}/${path}` : null;
}

/** Where a commit is shown, at hosts whose pages are known; null elsewhere. */
export function commitUrl(url: string, sha: string): string | null {
  const address = readGitAddress(url);
  if (!address) return null;
  const page = `https://${address.host}/${address.path.replace(/\.git$/, "")}`;
  if (address.host === "github.com") return `${page}/commit/${sha}`;
  if (address.host === "bitbucket.org") return `${page}/commits/${sha}`;
  return address.host.startsWith("gitlab.") ? `${page}/-/commit/${sha}` : null;
}

/** How Git fares. */
export interface GitState {
  isSetUp: boolean;
  /** Saves that are no commits yet. */
  waiting: number;
  /** Why the oldest of them is none; null where nothing is wrong. */
  fault: string | null;
  /** Tables that were changed on both sides. */
  conflicts: string[];
  /** What the repository did not take, of tables that it has nothing newer of; a removal has no version. */
  refused: { name: string; version: number | null; why: string }[];
  /** The commit that the branch led to before its history was rewritten; null where it was not. */
  rewrittenFrom: string | null;
}

/** What one table comes to when both sides are brought together. */
export interface SyncItem {
  /** `dataset.name`. */
  name: string;
  action: "create" | "update" | "remove" | "conflict" | "refused";
  /** What of it changes and what that means for others, or why it is not done. */
  detail: string;
  /** It breaks other tables, or may: somebody is to be asked. */
  asks?: boolean;
}

export interface SyncPlan {
  /** The commit that the repository's branch is at. */
  head: string | null;
  items: SyncItem[];
  /** Done, of the items. */
  applied: string[];
}

export const syncInputSchema = z.object({
  /** Whose state is taken of tables that were changed on both sides. */
  take: z.enum(["git", "catalog"]).nullable().default(null),
  /** The commit of the plan that was looked at: where the branch is another by now, nothing is done. */
  head: z.string().max(64).nullable().optional(),
  /** The tables that `take` is for: no other is looked at then. */
  names: z.array(z.string().max(2_100)).max(1_000).default([]),
});
export type SyncInput = z.infer<typeof syncInputSchema>;
