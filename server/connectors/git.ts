import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import type { Log } from "../support/log.ts";
import { type GitCommand, type GitRemote, prepareGit, type TellProgress } from "./git-command.ts";
import { type GitCopy, isDamage, makeCopy, remoteName } from "./git-copy.ts";
import { type GitText, readTexts } from "./git-files.ts";
import { ofCommits } from "./git-refusals.ts";

/** One commit to be made: what each path holds then, null for none. */
export interface NewCommit {
  message: string;
  author: { name: string; email: string };
  at: Date;
  changes: { path: string; text: string | null }[];
}

/** What became of a push. */
export type PushOutcome =
  | { kind: "taken" }
  /** The branch has moved on meanwhile. */
  | { kind: "moved" }
  /** The server does not take these commits, though it may take others. */
  | { kind: "refused"; why: string };

/** A branch as it was when it was opened. */
export interface GitBranch {
  /** Null for a branch that there is not yet. */
  head: string | null;
  /** The shas of plain files below `tables/`, by path: no links, no modules. */
  files: Map<string, string>;
  /** Texts of files, by sha, fetched together. */
  read(shas: string[]): Promise<Map<string, GitText>>;
  /** Whether a commit is in the branch. */
  holds(commit: string): Promise<boolean>;
  /** Makes commits on top of the head, here alone; their shas, in order. The same commits have the same shas. */
  commit(commits: NewCommit[]): Promise<string[]>;
  push(commit: string): Promise<PushOutcome>;
  close(): Promise<void>;
}

export interface Git {
  open(remote: GitRemote, signal: AbortSignal): Promise<GitBranch>;
}

const nextRef = "refs/maestro/next";
const committer = "Maestro <maestro@localhost>";
const folderOfTables = "tables/";
const tellEveryMs = 10_000;

/**
 * Git repositories, each with a copy under `directory` that may be deleted at any time, and is, where it
 * is damaged or has grown out of many fetches. Whoever opens one holds the lock of the repository: what
 * another process left in its copy is nobody's.
 */
export function createGit(directory: string, log?: Pick<Log, "info">): Git {
  return {
    async open(remote, signal) {
      const name = createHash("sha256").update(`${remote.url}#${remote.branch}`).digest("hex");
      const gitDir = join(directory, name.slice(0, 16));
      let copy = await makeCopy(gitDir, remote);
      const command = await prepareGit(gitDir, remote, { signal, tell: tellerOf(log) });
      try {
        const read = async () => {
          const head = await fetchHead(command, copy, remote);
          return { head, files: await list(command, head) };
        };
        const branch = await read().catch(async (error: unknown) => {
          if (!isDamage(error)) throw error;
          await rm(gitDir, { recursive: true, force: true });
          copy = await makeCopy(gitDir, remote);
          return read();
        });
        return openBranch({ command, copy }, remote, branch);
      } catch (error) {
        await command.close();
        throw error;
      }
    },
  };
}

/** Tells of what takes long, once in a while. */
function tellerOf(log: Pick<Log, "info"> | undefined): TellProgress {
  let toldMs = performance.now();
  return (stage, percent) => {
    if (performance.now() - toldMs < tellEveryMs) return;
    toldMs = performance.now();
    log?.info({ stage, percent }, `git: ${stage}: ${percent} %`);
  };
}

/** The shas of files alone are fetched with the branch: their texts are asked for when they are read. */
async function fetchHead(
  command: GitCommand,
  copy: GitCopy,
  { branch }: GitRemote,
): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const listed = await command.run(["ls-remote", "--", remoteName, ref]);
  const line = listed.split("\n").find((one) => one.endsWith(`\t${ref}`));
  if (line === undefined) return null;
  if (line.startsWith(`${await copy.head()}\t`)) return copy.head();
  const filter = (await copy.isWhole()) ? "--no-filter" : "--filter=blob:none";
  const options = ["--progress", "--no-tags", "--force", filter];
  await command.run(["fetch", ...options, "--", remoteName, copy.refspec]);
  return copy.head();
}

async function list(command: GitCommand, head: string | null): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  if (head === null) return files;
  const text = await command.run(["ls-tree", "-r", "-z", head, "--", folderOfTables]);
  for (const line of text.split("\0")) {
    const [, sha, path] = /^100(?:644|755) blob (\w+)\t(.+)$/s.exec(line) ?? [];
    if (sha && path) files.set(path, sha);
  }
  return files;
}

function openBranch(
  { command, copy }: { command: GitCommand; copy: GitCopy },
  { branch }: GitRemote,
  { head, files }: Pick<GitBranch, "head" | "files">,
): GitBranch {
  const ref = `refs/heads/${branch}`;
  return {
    head,
    files,
    read: (shas) => readTexts(command, copy, shas),
    async holds(commit) {
      if (head === null || !/^[0-9a-f]{40,64}$/.test(commit)) return false;
      return command.run(["rev-list", "--max-count=1", commit, "--not", head]).then(
        (text) => text.trim() === "",
        // It never came here.
        () => false,
      );
    },
    async commit(commits) {
      const stream = commits.map((commit, at) => importLines(commit, at, head)).join("");
      const marks = commits.map((_, at) => `get-mark :${at + 1}\n`).join("");
      const text = await command.run(
        ["fast-import", "--quiet", "--force", "--date-format=raw"],
        `${stream}${marks}done\n`,
      );
      return text.trim().split("\n");
    },
    async push(commit) {
      const before = head ?? "";
      const options = ["--progress", "--porcelain", "--no-thin"];
      const lease = `--force-with-lease=${ref}:${before}`;
      try {
        await command.run(["push", ...options, lease, "--", remoteName, `${commit}:${ref}`]);
        return { kind: "taken" };
      } catch (error) {
        // Whatever it says: where the branch is another by now, others were quicker.
        const now = await command.run(["ls-remote", "--", remoteName, ref]);
        if (now.startsWith(commit)) return { kind: "taken" };
        if (!now.startsWith(before) || (before === "" && now !== "")) return { kind: "moved" };
        if (error instanceof MaestroError && error.reason === ofCommits) {
          return { kind: "refused", why: error.message };
        }
        throw error;
      }
    },
    close: command.close,
  };
}

/** One commit as `git fast-import` reads it. */
function importLines(commit: NewCommit, at: number, head: string | null): string {
  const { message, author, changes } = commit;
  const when = `${Math.floor(commit.at.getTime() / 1_000)} +0000`;
  const lines = [
    `commit ${nextRef}\nmark :${at + 1}\n`,
    `author ${plain(author.name)} <${plain(author.email)}> ${when}\n`,
    `committer ${committer} ${when}\n`,
    data(message),
    ...(at > 0 ? [`from :${at}\n`] : head === null ? [] : [`from ${head}\n`]),
    ...changes.map(({ path, text }) =>
      text === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
    ),
  ];
  return lines.join("");
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

/** Of a person's name, what the line of an author cannot hold. */
function plain(text: string): string {
  return text.replaceAll(/[<>\n\r\0]/g, " ").trim() || "somebody";
}

/** The sha that git gives a text, in a repository whose shas are as long as `like`. */
export function blobSha(text: string, like: string | null): string {
  const algorithm = like !== null && like.length === 64 ? "sha256" : "sha1";
  const bytes = Buffer.from(text);
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
