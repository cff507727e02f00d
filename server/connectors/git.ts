import { createHash } from "node:crypto";
import { access, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GitCommand, type GitRemote, prepareGit } from "./git-command.ts";

/** One commit to be made: what each path holds then, null for none. */
export interface NewCommit {
  message: string;
  author: { name: string; email: string };
  at: Date;
  changes: { path: string; text: string | null }[];
}

/** A file of the branch. */
export interface GitFile {
  sha: string;
  bytes: number;
}

/** A branch as it was when it was opened. */
export interface GitBranch {
  /** Null for a branch that there is not yet. */
  head: string | null;
  /** Plain files below `tables/`, by path: no links, no modules. */
  files: Map<string, GitFile>;
  /** Texts of files, by sha; of one that is not UTF-8 null. */
  read(shas: string[]): Promise<Map<string, string | null>>;
  /** Whether a commit is in the branch. */
  holds(commit: string): Promise<boolean>;
  /** Makes commits on top of the head, here alone; their shas, in order. The same commits have the same shas. */
  commit(commits: NewCommit[]): Promise<string[]>;
  /** False where the branch has moved on meanwhile. */
  push(commit: string): Promise<boolean>;
  /** The host's keys, where SSH saw them for the first time. */
  learntHosts(): Promise<string | null>;
  close(): Promise<void>;
}

export interface Git {
  open(remote: GitRemote, signal: AbortSignal): Promise<GitBranch>;
}

const headRef = "refs/maestro/head";
const nextRef = "refs/maestro/next";
const committer = "Maestro <maestro@localhost>";
const folderOfTables = "tables/";

/** Repositories that are nobody's but ours: what else is written here is not heeded. */
const config = `[core]
	bare = true
	repositoryformatversion = 0
[http]
	followRedirects = false
[credential]
	helper =
[protocol]
	allow = never
[protocol "https"]
	allow = always
[protocol "http"]
	allow = always
[protocol "ssh"]
	allow = always
[gc]
	auto = 0
[fetch]
	fsckObjects = true
`;

/** Git repositories, each with a copy under `directory` that may be deleted at any time. */
export function createGit(directory: string): Git {
  return {
    async open(remote, signal) {
      const name = createHash("sha256").update(`${remote.url}#${remote.branch}`).digest("hex");
      const gitDir = join(directory, name.slice(0, 16));
      await makeRepository(gitDir);
      const command = await prepareGit(gitDir, remote, signal);
      try {
        const head = await fetchHead(command, remote);
        return openBranch(command, remote, head, head === null ? new Map() : await list(command));
      } catch (error) {
        await command.close();
        throw error;
      }
    },
  };
}

async function makeRepository(gitDir: string): Promise<void> {
  const isThere = await access(join(gitDir, "HEAD")).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await rm(gitDir, { recursive: true, force: true });
    await mkdir(join(gitDir, "objects"), { recursive: true });
    await mkdir(join(gitDir, "refs"), { recursive: true });
  }
  await writeFile(join(gitDir, "config"), config);
  // Last, as it says that all is there.
  await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/main\n");
}

async function fetchHead(command: GitCommand, { url, branch }: GitRemote): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  const listed = await command.run(["ls-remote", "--", url, ref]);
  const line = listed.split("\n").find((one) => one.endsWith(`\t${ref}`));
  if (line === undefined) return null;
  await command.run(["fetch", "--quiet", "--no-tags", "--force", "--", url, `+${ref}:${headRef}`]);
  return (await command.run(["rev-parse", headRef])).trim();
}

async function list(command: GitCommand): Promise<Map<string, GitFile>> {
  const text = await command.run(["ls-tree", "-r", "-z", "-l", headRef, "--", folderOfTables]);
  const files = new Map<string, GitFile>();
  for (const line of text.split("\0")) {
    const [, sha, size, path] = /^100(?:644|755) blob (\w+) +(\d+)\t(.+)$/s.exec(line) ?? [];
    if (sha && path) files.set(path, { sha, bytes: Number(size) });
  }
  return files;
}

function openBranch(
  command: GitCommand,
  { url, branch }: GitRemote,
  head: string | null,
  files: Map<string, GitFile>,
): GitBranch {
  return {
    head,
    files,
    read: (shas) => readTexts(command, shas),
    async holds(commit) {
      if (head === null || !/^[0-9a-f]{40,64}$/.test(commit)) return false;
      const found = await command.run(["rev-list", "--max-count=1", commit, "--not", headRef]).then(
        (text) => text.trim() === "",
        // It never came here.
        () => false,
      );
      return found;
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
      const lease = `--force-with-lease=refs/heads/${branch}:${before}`;
      const args = [
        "push",
        "--quiet",
        "--porcelain",
        lease,
        "--",
        url,
        `${commit}:refs/heads/${branch}`,
      ];
      return command.run(args).then(
        () => true,
        async (error: unknown) => {
          // Whatever it says: where the branch is another by now, others were quicker.
          const now = await command.run(["ls-remote", "--", url, `refs/heads/${branch}`]);
          if (now.startsWith(commit)) return true;
          if (!now.startsWith(before) || (before === "" && now !== "")) return false;
          throw error;
        },
      );
    },
    learntHosts: command.learntHosts,
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

async function readTexts(command: GitCommand, shas: string[]): Promise<Map<string, string | null>> {
  const texts = new Map<string, string | null>();
  if (shas.length === 0) return texts;
  const all = await command.bytes(["--batch"], `${shas.join("\n")}\n`);
  let at = 0;
  for (const sha of shas) {
    const end = all.indexOf(10, at);
    const size = Number(all.subarray(at, end).toString().split(" ")[2]);
    texts.set(sha, decode(all.subarray(end + 1, end + 1 + size)));
    at = end + size + 2;
  }
  return texts;
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The sha that git gives a text, in a repository whose shas are as long as `like`. */
export function blobSha(text: string, like: string | null): string {
  const algorithm = like !== null && like.length === 64 ? "sha256" : "sha1";
  const bytes = Buffer.from(text);
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}
