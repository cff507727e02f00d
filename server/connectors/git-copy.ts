import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import type { GitRemote } from "./git-command.ts";

/** How a copy names where it is from. */
export const remoteName = "origin";

/** Repositories that are nobody's but ours: what else is written here is not heeded. */
const configOf = ({ url, branch }: GitRemote) => `[core]
	bare = true
	repositoryformatversion = 1
[extensions]
	partialClone = ${remoteName}
[remote "${remoteName}"]
	url = ${url}
	fetch = ${refspecOf(branch)}
	promisor = true
	partialclonefilter = blob:none
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

/** Every fetch leaves some; a fresh copy is the cheapest way to be tidy. */
const mostPacks = 300;
const mostLooseOfOne = 27;

const headRef = "refs/maestro/head";

function refspecOf(branch: string): string {
  return `+refs/heads/${branch}:${headRef}`;
}

/** A repository's copy on this machine. */
export interface GitCopy {
  gitDir: string;
  /** How its branch is fetched. */
  refspec: string;
  /** Where the branch was when it was fetched or pushed last; null before that. */
  head(): Promise<string | null>;
  /** Whether it has every file that the branch ever had. */
  isWhole(): Promise<boolean>;
  markWhole(): Promise<void>;
}

/** Makes the copy, or takes it over from whoever was killed in the midst of it. */
export async function makeCopy(gitDir: string, remote: GitRemote): Promise<GitCopy> {
  if (!(await isThere(join(gitDir, "HEAD"))) || (await isGrown(gitDir))) {
    await rm(gitDir, { recursive: true, force: true });
    await mkdir(join(gitDir, "objects"), { recursive: true });
    await mkdir(join(gitDir, "refs"), { recursive: true });
  } else {
    await removeLeft(gitDir);
  }
  await writeFile(join(gitDir, "config"), configOf(remote));
  // Last, as it says that all is there.
  await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/main\n");
  const whole = join(gitDir, "maestro-whole");
  return {
    gitDir,
    refspec: refspecOf(remote.branch),
    head: () =>
      readFile(join(gitDir, headRef), "utf8").then(
        (sha) => sha.trim(),
        () => null,
      ),
    isWhole: () => isThere(whole),
    markWhole: () => writeFile(whole, ""),
  };
}

/** Whether git says that what is in the copy cannot be read, as after a loss of power. */
export function isDamage(error: unknown): boolean {
  return /corrupt|bad object|is empty|unable to (read|parse)|invalid (sha1|object)|missing (blob|tree|commit)/i.test(
    messageOf(error),
  );
}

async function isGrown(gitDir: string): Promise<boolean> {
  const packs = (await filesOf(join(gitDir, "objects/pack"))).filter((name) =>
    name.endsWith(".pack"),
  );
  return (
    packs.length > mostPacks || (await filesOf(join(gitDir, "objects/17"))).length > mostLooseOfOne
  );
}

/** Locks that nobody holds any more would refuse every fetch and commit from now on. */
async function removeLeft(gitDir: string): Promise<void> {
  const refs = (await readdir(join(gitDir, "refs"), { recursive: true })).map((name) =>
    join("refs", name),
  );
  const packs = (await filesOf(join(gitDir, "objects/pack"))).map((name) =>
    join("objects/pack", name),
  );
  const left = [...(await filesOf(gitDir)), ...refs, ...packs].filter((name) =>
    /\.lock$|(^|\/)tmp_[^/]*$/.test(name),
  );
  for (const name of left) await rm(join(gitDir, name), { force: true });
}

function filesOf(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
