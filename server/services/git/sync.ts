import { MaestroError } from "../../../shared/errors.ts";
import type { GitState, SyncInput, SyncPlan } from "../../../shared/git.ts";
import { selectGitBranch, setGitHead } from "../../db/git-branches.ts";
import { selectConflicts } from "../../db/git-files.ts";
import {
  selectGitWaiting,
  selectOpenGitNews,
  selectRefusedGit,
  settleGitNews,
  tellGit,
  tryGitNow,
} from "../../db/git-outbox.ts";
import type { Actor } from "../audit/record-change.ts";
import { recordChange } from "../audit/record-change.ts";
import { type GitDeps, readGitRemote, remoteKey, withBranch } from "./git-remote.ts";
import { withEffects } from "./plan-together.ts";
import { syncBranch } from "./sync-branch.ts";

/** Somebody waits for it. */
const waitMs = 30_000;

/** What `sync` would do; changes nothing. */
export async function planSync(deps: GitDeps, input: SyncInput, actor: Actor): Promise<SyncPlan> {
  return runSync(deps, actor, { ...input, isDry: true });
}

/** Takes the repository's state into the catalog, and has commits that were put off tried at once. */
export async function sync(deps: GitDeps, input: SyncInput, actor: Actor): Promise<SyncPlan> {
  const told = (await selectOpenGitNews(deps.db)).filter(({ kind }) => kind === "pull");
  const plan = await runSync(deps, actor, { ...input, isDry: false });
  // What pushes told of was taken in with all else.
  if (input.take === null)
    await settleGitNews(
      deps.db,
      told.map(({ id }) => id),
    );
  await recordChange(deps.db, actor, {
    action: "git.sync",
    subjectKind: "git",
    subjectId: null,
    detail: { head: plan.head, applied: plan.applied.length },
  });
  await tryGitNow(deps.db);
  deps.changes.publish({ noun: "setting", id: null });
  return plan;
}

async function runSync(
  deps: GitDeps,
  actor: Actor,
  options: SyncInput & { isDry: boolean },
): Promise<SyncPlan> {
  const remote = await readGitRemote(deps);
  if (remote === null) {
    const message = "git.url is not set: set the repository first";
    throw new MaestroError("invalidInput", message, { field: "git.url" });
  }
  const { signal } = new AbortController();
  const done = await withBranch(deps, remote, { waitMs, signal }, async (opened) => {
    const { head } = opened.branch;
    assertSeen(options, head);
    const plan = await syncBranch(
      deps,
      { remote, ...opened, actor },
      { ...options, isAsked: true },
    );
    // What a rewritten branch has lost is a conflict by now.
    if (options.take === null && !options.isDry) {
      await setGitHead(deps.db, remoteKey(remote), { head, rewrittenHead: null });
    }
    return options.isDry ? withEffects(deps, opened.branch, plan) : plan;
  });
  if (done) return done.result;
  throw new MaestroError(
    "transient",
    "another server works on the repository: try again in a minute",
  );
}

function assertSeen({ head }: SyncInput, now: string | null): void {
  if (head === undefined || head === now) return;
  const message = "the branch was pushed to meanwhile: look at the plan again";
  throw new MaestroError("conflict", message, { field: "head" });
}

const nothingSetUp: GitState = {
  isSetUp: false,
  waiting: 0,
  fault: null,
  conflicts: [],
  refused: [],
  rewrittenFrom: null,
};

/** How Git fares. */
export async function gitState(
  deps: Pick<GitDeps, "db" | "secretBox" | "givenSettings">,
): Promise<GitState> {
  const remote = await readGitRemote(deps);
  if (remote === null) return nothingSetUp;
  const [waiting, conflicts, refused, branch] = await Promise.all([
    selectGitWaiting(deps.db),
    selectConflicts(deps.db, remoteKey(remote)),
    selectRefusedGit(deps.db),
    selectGitBranch(deps.db, remoteKey(remote)),
  ]);
  const rewrittenFrom = branch?.rewrittenHead ? branch.head : null;
  return { isSetUp: true, ...waiting, conflicts, refused, rewrittenFrom };
}

/** The repository has told of a push to the branch: it is taken in by the worker. */
export async function askPull(deps: Pick<GitDeps, "db" | "changes">): Promise<void> {
  await tellGit(deps.db, { kind: "pull" });
  await tryGitNow(deps.db);
  deps.changes.publish({ noun: "setting", id: null });
}
