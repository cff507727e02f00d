import { setGitHead } from "../../db/git-branches.ts";
import { agreeOn, forgetGitFile, recordConflict, selectGitFiles } from "../../db/git-files.ts";
import { giveUpGit, nameCommit, type OpenGitNews, settleGitNews } from "../../db/git-outbox.ts";
import { type BuiltCommit, buildCommits, type Settled } from "./build-commits.ts";
import type { GitDeps, OpenedBranch } from "./git-remote.ts";

/*
 * Under the lock: rows whose commit is in the branch already are settled (a crash came between the push
 * and the note of it); of the others commits are made, on top of the branch; each row is given its
 * commit's sha, and that is committed to PostgreSQL; then the branch is pushed, which is refused where it
 * has moved on, and all begins again; then the rows are settled. A crash anywhere leaves rows that are
 * open, and commits that are found again by their sha, or that nobody has seen. A table that was changed
 * on both sides is left alone and told as a conflict.
 */

export type CommitOutcome =
  /** The branch says it already, or nothing of it is to be committed. */
  | { kind: "nothing" }
  | { kind: "taken" }
  /** The branch has moved on meanwhile. */
  | { kind: "moved" }
  /** The server does not take it, beginning with `what`. */
  | { kind: "refused"; what: string; why: string };

/** Makes commits of saves, and pushes them together. */
export async function commitNews(
  deps: GitDeps,
  remote: string,
  { branch, isRewritten }: OpenedBranch,
  news: OpenGitNews[],
): Promise<CommitOutcome> {
  const { db } = deps;
  const left: OpenGitNews[] = [];
  const found: Settled[] = [];
  for (const one of news) {
    if (one.commit && (await branch.holds(one.commit.sha)))
      found.push({ news: one, ...one.commit });
    else left.push(one);
  }
  await settle(deps, remote, found);
  const files = await selectGitFiles(db, remote);
  const built = await buildCommits(db, { news: left, branch, files });
  await db.transaction(async (tx) => {
    for (const conflict of built.conflicts) await recordConflict(tx, { remote, ...conflict });
    for (const tableId of built.forgotten) await forgetGitFile(tx, remote, tableId);
    await settleGitNews(tx, built.idle);
  });
  for (const { news: one, what, why } of built.unwritable) {
    deps.log.error({ table: what }, `git: ${what} is not committed: ${why}`);
    await giveUpGit(db, one, { remote, why });
  }
  await settle(deps, remote, built.agreed);
  if (built.commits.length === 0) return { kind: "nothing" };
  const shas = await branch.commit(built.commits);
  const named = built.commits.flatMap((commit, at) => settledBy(commit, shas[at] ?? ""));
  await db.transaction(async (tx) => {
    for (const { news: one, ...commit } of named) await nameCommit(tx, one.id, commit);
  });
  const head = shas.at(-1) ?? "";
  const outcome = await branch.push(head);
  if (outcome.kind === "refused") return { ...outcome, what: nameOf(named[0]) };
  if (outcome.kind === "moved") return outcome;
  await settle(deps, remote, named);
  if (!isRewritten) await setGitHead(db, remote, { head });
  return outcome;
}

/** `dataset.name`, and the version where there is one. */
function nameOf(settled: Settled | undefined): string {
  if (!settled) return "";
  const { path, news } = settled;
  const name = path.replace(/^tables\//, "").replace("/", ".");
  return news.kind === "save" ? `${name}, version ${news.version}` : name;
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
