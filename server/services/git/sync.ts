import { MaestroError } from "../../../shared/errors.ts";
import type { GitState, SyncInput, SyncPlan } from "../../../shared/git.ts";
import { selectConflicts } from "../../db/git-files.ts";
import {
  selectGitWaiting,
  selectOpenGitNews,
  settleGitNews,
  tellGit,
  tryGitNow,
} from "../../db/git-outbox.ts";
import type { Actor } from "../audit/record-change.ts";
import { recordChange } from "../audit/record-change.ts";
import { type GitDeps, readGitRemote, remoteKey, withBranch } from "./git-remote.ts";
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
  const done = await withBranch(deps, remote, { waitMs, signal }, (branch) => {
    assertSeen(options, branch.head);
    return syncBranch(deps, { remote, branch, actor }, { ...options, isAsked: true });
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

/** How Git fares. */
export async function gitState(
  deps: Pick<GitDeps, "db" | "secretBox" | "givenSettings">,
): Promise<GitState> {
  const remote = await readGitRemote(deps);
  if (remote === null) return { isSetUp: false, waiting: 0, fault: null, conflicts: [] };
  const conflicts = await selectConflicts(deps.db, remoteKey(remote));
  return { isSetUp: true, ...(await selectGitWaiting(deps.db)), conflicts };
}

/** The repository has told of a push to the branch: it is taken in by the worker. */
export async function askPull(deps: Pick<GitDeps, "db" | "changes">): Promise<void> {
  await tellGit(deps.db, { kind: "pull" });
  await tryGitNow(deps.db);
  deps.changes.publish({ noun: "setting", id: null });
}
