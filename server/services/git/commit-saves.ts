import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import { noteGitBranch } from "../../db/git-branches.ts";
import { tellMissing } from "../../db/git-files.ts";
import {
  dropGitNews,
  type OpenGitNews,
  putOffGit,
  selectOpenGitNews,
  settleGitNews,
} from "../../db/git-outbox.ts";
import {
  type GitDeps,
  type OpenedBranch,
  readGitRemote,
  remoteKey,
  withBranch,
} from "./git-remote.ts";
import { pushSaves } from "./push-saves.ts";
import { syncBranch } from "./sync-branch.ts";

const firstPauseSeconds = 5;
const longestPauseSeconds = 600;

/**
 * Takes the repository and the catalog as far as they can go now. What was told of pushes and what was
 * saved wait apart: a push that cannot be taken in keeps no save back, nor the other way round.
 */
export async function commitSaves(deps: GitDeps, signal: AbortSignal): Promise<void> {
  const remote = await readGitRemote(deps);
  if (remote === null) return dropGitNews(deps.db);
  await noteGitBranch(deps.db, remoteKey(remote));
  await tellMissing(deps.db, remoteKey(remote));
  const news = await selectOpenGitNews(deps.db);
  const pulls = news.filter(({ kind }) => kind === "pull");
  const saves = news.filter(({ kind }) => kind !== "pull");
  // A new one is tried at once, and those that wait with it.
  const due = [pulls, saves].filter((some) => some.some(({ isPutOff }) => !isPutOff));
  if (due.length === 0) return;
  await orPutOff(deps, due.flat(), signal, async () => {
    await withBranch(deps, remote, { waitMs: 0, signal }, async (opened, held) => {
      if (due.includes(pulls)) {
        await orPutOff(deps, pulls, held, () => pull(deps, remote, opened, pulls));
      }
      await orPutOff(deps, saves, held, () => pushSaves(deps, remote, opened, held));
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
  opened: OpenedBranch,
  asked: OpenGitNews[],
): Promise<void> {
  const actor = { userId: null, name: "git" };
  const options = { take: null, names: [], isDry: false, isAsked: false };
  const { items } = await syncBranch(deps, { remote, ...opened, actor }, options);
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
