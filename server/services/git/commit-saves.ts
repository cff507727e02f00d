import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import {
  agreeOn,
  forgetGitFile,
  recordConflict,
  selectGitFiles,
  tellMissing,
} from "../../db/git-files.ts";
import {
  dropGitNews,
  nameCommit,
  type OpenGitNews,
  putOffGit,
  selectOpenGitNews,
  settleGitNews,
} from "../../db/git-outbox.ts";
import { type BuiltCommit, buildCommits, type Settled } from "./build-commits.ts";
import { type GitDeps, readGitRemote, remoteKey, withBranch } from "./git-remote.ts";
import { syncBranch } from "./sync-branch.ts";

/*
 * Saves become commits. Under the lock: the branch is read; rows whose commit is in it already are
 * settled (a crash came between the push and the note of it); of the others commits are made, on top of
 * the branch; each row is given its commit's sha, and that is committed to PostgreSQL; then the branch is
 * pushed, which is refused where it has moved on, and all begins again; then the rows are settled. A
 * crash anywhere leaves rows that are open, and commits that are found again by their sha, or that nobody
 * has seen. A table that was changed on both sides is left alone and told as a conflict.
 */

const firstPauseSeconds = 5;
const longestPauseSeconds = 600;
/** Others who push all the time must end some time. */
const mostTries = 5;

/**
 * Takes the repository and the catalog as far as they can go now. What was told of pushes and what was
 * saved wait apart: a push that cannot be taken in keeps no save back, nor the other way round.
 */
export async function commitSaves(deps: GitDeps, signal: AbortSignal): Promise<void> {
  const remote = await readGitRemote(deps);
  if (remote === null) return dropGitNews(deps.db);
  await tellMissing(deps.db, remoteKey(remote));
  const news = await selectOpenGitNews(deps.db);
  const pulls = news.filter(({ kind }) => kind === "pull");
  const saves = news.filter(({ kind }) => kind !== "pull");
  const due = [pulls, saves].filter(([oldest]) => oldest && !oldest.isPutOff);
  if (due.length === 0) return;
  await orPutOff(deps, due.flat(), signal, async () => {
    await withBranch(deps, remote, { waitMs: 0, signal }, async (branch, held) => {
      if (due.includes(pulls)) {
        await orPutOff(deps, pulls, held, () => pull(deps, remote, branch, pulls));
      }
      await orPutOff(deps, saves, held, () => commitNews(deps, remote, branch, held));
    });
  });
}

/** What fails is tried again later, and told until then. */
async function orPutOff(
  deps: GitDeps,
  news: OpenGitNews[],
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (signal.aborted) throw error;
    const attempts = news[0]?.attempts ?? 0;
    const backoff = Math.min(longestPauseSeconds, firstPauseSeconds * 2 ** Math.min(attempts, 8));
    const seconds = backoff * (0.5 + deps.random() / 2);
    const lastError = messageOf(error);
    deps.log.warn({ err: error, attempts }, `git: ${lastError}`);
    await putOffGit(
      deps.db,
      news.map(({ id }) => id),
      { seconds, lastError },
    );
  }
}

/** Throws where something of it is not taken in: it waits for another push, or for somebody to look. */
async function pull(
  deps: GitDeps,
  remote: GitRemote,
  branch: GitBranch,
  asked: OpenGitNews[],
): Promise<void> {
  const actor = { userId: null, name: "git" };
  const options = { take: null, names: [], isDry: false, isAsked: false };
  const { items } = await syncBranch(deps, { remote, branch, actor }, options);
  const [first, ...more] = items.filter(({ action }) => action === "refused");
  if (first) {
    const others = more.length > 0 ? `, and ${more.length} more` : "";
    throw new MaestroError(
      "git",
      `what was pushed is not all taken in: ${first.name}: ${first.detail}${others}: maestro sync --plan shows it`,
    );
  }
  await settleGitNews(
    deps.db,
    asked.map(({ id }) => id),
  );
}

async function commitNews(
  deps: GitDeps,
  remote: GitRemote,
  first: GitBranch,
  signal: AbortSignal,
): Promise<void> {
  let branch = first;
  try {
    for (let attempt = 0; attempt < mostTries; attempt += 1) {
      if (await commitOnce(deps, remote, branch)) return;
      if (branch !== first) await branch.close();
      branch = await deps.git.open(remote, signal);
    }
  } finally {
    if (branch !== first) await branch.close();
  }
  throw new MaestroError("git", "others push to the branch all the time: it is tried again later");
}

/** False where the branch has moved on meanwhile. */
async function commitOnce(deps: GitDeps, remote: GitRemote, branch: GitBranch): Promise<boolean> {
  const { db } = deps;
  const key = remoteKey(remote);
  const news = (await selectOpenGitNews(db)).filter(({ kind }) => kind !== "pull");
  const left: OpenGitNews[] = [];
  const found: Settled[] = [];
  for (const one of news) {
    if (one.commit && (await branch.holds(one.commit.sha)))
      found.push({ news: one, ...one.commit });
    else left.push(one);
  }
  await settle(deps, key, found);
  const files = await selectGitFiles(db, key);
  const built = await buildCommits(db, { news: left, branch, files });
  await db.transaction(async (tx) => {
    for (const conflict of built.conflicts) await recordConflict(tx, { remote: key, ...conflict });
    for (const tableId of built.forgotten) await forgetGitFile(tx, key, tableId);
    await settleGitNews(tx, built.idle);
  });
  await settle(deps, key, built.agreed);
  const shas = built.commits.length > 0 ? await branch.commit(built.commits) : [];
  const named = built.commits.flatMap((commit, at) => settledBy(commit, shas[at] ?? ""));
  await db.transaction(async (tx) => {
    for (const { news: one, ...commit } of named) await nameCommit(tx, one.id, commit);
  });
  const last = shas.at(-1);
  if (last !== undefined && !(await branch.push(last))) return false;
  await settle(deps, key, named);
  return true;
}

function settledBy({ settles }: BuiltCommit, sha: string): Settled[] {
  return settles.map((one) => ({ ...one, sha }));
}

/** Notes that both sides say the same, and which commit says it. */
async function settle({ db, changes }: GitDeps, remote: string, all: Settled[]): Promise<void> {
  if (all.length === 0) return;
  await db.transaction(async (tx) => {
    for (const { news, sha, path, sqlSha, settingsSha } of all) {
      if (news.kind === "remove") await forgetGitFile(tx, remote, news.tableId);
      else if (news.kind === "save") {
        const { tableId, version } = news;
        await agreeOn(tx, { remote, tableId, path, version, sqlSha, settingsSha }, sha || null);
      }
    }
    await settleGitNews(
      tx,
      all.map(({ news }) => news.id),
    );
  });
  for (const { news } of all) {
    if (news.kind === "save") changes.publish({ noun: "table", id: news.tableId });
  }
}
