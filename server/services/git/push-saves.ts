import { MaestroError } from "../../../shared/errors.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import { giveUpGit, type OpenGitNews, selectOpenGitNews } from "../../db/git-outbox.ts";
import { type CommitOutcome, commitNews } from "./commit-news.ts";
import { type GitDeps, type OpenedBranch, remoteKey } from "./git-remote.ts";

/*
 * Saves become commits, in their order, as many at a time as memory bears. What the server refuses is
 * halved and tried again, until the one that it refuses stands alone: where it takes others, that one is
 * given up with the server's words, and told on its version. Where it takes none, neither of the first
 * nor of the newest, all of them wait: it is the branch then, and not what was saved.
 */

/** Stored bytes of definitions; they are larger in memory, and there three times over. */
const mostBytes = 8_000_000;
/** Others who push all the time must end some time. */
const mostTries = 5;
/** Where so many of the first are refused and so many of the newest, it is not the commits. */
const mostRefused = 3;

type Save = Exclude<OpenGitNews, { kind: "pull" }>;

interface Refused {
  news: OpenGitNews;
  /** `dataset.name`, and its version. */
  what: string;
  why: string;
}

interface Pushing {
  deps: GitDeps;
  remote: GitRemote;
  signal: AbortSignal;
  first: OpenedBranch;
  /** Null where it must be opened anew, as it is another by now. */
  branch: GitBranch | null;
  /** Those that wait, as far as they were looked up. */
  waiting: Save[];
  isAnyTaken: boolean;
  refused: Refused[];
}

/** Brings all that was saved to the branch. Throws where it cannot go on now. */
export async function pushSaves(
  deps: GitDeps,
  remote: GitRemote,
  first: OpenedBranch,
  signal: AbortSignal,
): Promise<void> {
  const { branch } = first;
  const pushing: Pushing = {
    ...{ deps, remote, signal, first, branch },
    waiting: [],
    isAnyTaken: false,
    refused: [],
  };
  try {
    for (let after = 0; ; ) {
      const news = await selectOpenGitNews(deps.db, after);
      pushing.waiting = news.flatMap((one) => (one.kind === "pull" ? [] : [one]));
      for (const some of portionsOf(pushing.waiting)) {
        await pushSome(pushing, some);
      }
      const last = news.at(-1);
      if (!last) break;
      after = last.id;
    }
  } finally {
    await leaveBranch(pushing);
  }
  await settleRefused(pushing);
}

function portionsOf(news: OpenGitNews[]): OpenGitNews[][] {
  const portions: OpenGitNews[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of news) {
    bytes += one.bytes;
    if (bytes > mostBytes) {
      portions.push([]);
      bytes = one.bytes;
    }
    portions.at(-1)?.push(one);
  }
  return portions;
}

async function pushSome(pushing: Pushing, news: OpenGitNews[]): Promise<void> {
  const outcome = await pushTogether(pushing, news);
  if (outcome.kind === "taken") pushing.isAnyTaken = true;
  if (outcome.kind !== "refused") return;
  const { what, why } = outcome;
  const [only, ...more] = news;
  if (only && more.length === 0) {
    pushing.refused.push({ news: only, what, why });
    if (pushing.isAnyTaken || pushing.refused.length < mostRefused) return;
    if (await isNewestTaken(pushing)) return;
    throw noneTaken(pushing);
  }
  const half = Math.ceil(news.length / 2);
  await pushSome(pushing, news.slice(0, half));
  await pushSome(pushing, news.slice(half));
}

/** Tries the tables that were saved last, each with the first that waits of it; what is taken is met again, as done. */
async function isNewestTaken(pushing: Pushing): Promise<boolean> {
  const refused = new Set(pushing.refused.map(({ news }) => news.id));
  const left = pushing.waiting.filter(({ id }) => !refused.has(id));
  const firstOf = new Map(left.toReversed().map((one) => [one.tableId, one]));
  for (const one of [...firstOf.values()].slice(0, mostRefused)) {
    if ((await pushTogether(pushing, [one])).kind !== "taken") continue;
    pushing.isAnyTaken = true;
    return true;
  }
  return false;
}

async function pushTogether(pushing: Pushing, news: OpenGitNews[]): Promise<CommitOutcome> {
  const { deps, remote, signal, first } = pushing;
  for (let attempt = 0; attempt < mostTries; attempt += 1) {
    const branch = pushing.branch ?? (await deps.git.open(remote, signal));
    pushing.branch = branch;
    const outcome = await commitNews(deps, remoteKey(remote), { ...first, branch }, news);
    if (outcome.kind === "taken" || outcome.kind === "moved") await leaveBranch(pushing);
    if (outcome.kind !== "moved") return outcome;
  }
  throw new MaestroError("git", "others push to the branch all the time: it is tried again later");
}

/** The first one is closed by whoever opened it. */
async function leaveBranch(pushing: Pushing): Promise<void> {
  const { branch, first } = pushing;
  pushing.branch = null;
  if (branch !== first.branch) await branch?.close();
}

async function settleRefused(pushing: Pushing): Promise<void> {
  const { deps, remote, refused, isAnyTaken } = pushing;
  if (refused.length === 0) return;
  if (!isAnyTaken) throw noneTaken(pushing);
  for (const { news, what, why } of refused) {
    deps.log.error({ table: what }, `git: ${what} is not committed: ${why}`);
    await giveUpGit(deps.db, news, { remote: remoteKey(remote), why });
  }
}

function noneTaken({ refused: [first] }: Pushing): MaestroError {
  return new MaestroError("git", `${first?.what}: ${first?.why}`);
}
