import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { SyncInput, SyncItem, SyncPlan } from "../../../shared/git.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import {
  agreeOn,
  clearConflict,
  forgetGitFile,
  type GitFileRow,
  recordConflict,
  selectGitFiles,
  selectLiveVersion,
} from "../../db/git-files.ts";
import { tellGit } from "../../db/git-outbox.ts";
import type { Actor } from "../audit/record-change.ts";
import { removeTable } from "../catalog/remove-table.ts";
import { findCurrentTable } from "../files/get-file.ts";
import { type FileRights, planFiles } from "../files/plan-files.ts";
import { saveFile } from "../files/save-file.ts";
import { pathsOf, readBranchFile } from "./branch-tables.ts";
import { type GitDeps, remoteKey } from "./git-remote.ts";

/** Who may write to the branch may change every table: that is what the repository's settings say. */
const allRights: FileRights = { groupIdOfNew: null, assertMayWrite: () => undefined };

interface Sync {
  remote: GitRemote;
  branch: GitBranch;
  actor: Actor;
}

type Options = SyncInput & {
  isDry: boolean;
  /** Somebody has seen what is removed; a push that was told of has nobody who did. */
  isAsked: boolean;
};

/** One table, as both sides have it. */
interface Side {
  name: string;
  path: string;
  tableId: number | null;
  version: number | null;
  /** What was agreed on for that very table, at this path. */
  base: GitFileRow | undefined;
  /** The same of a table that had the name before. */
  former: GitFileRow | undefined;
}

/** So many tables may be gone in a push that nobody looked at. */
const mostGoneUnasked = 5;

/**
 * Takes what the branch changed into the catalog, by the same plan and the same save as any other. What
 * was changed on both sides is a conflict and stays, unless `take` says for its name which side holds;
 * then no other table is looked at. Each table is saved by itself: what is refused keeps nothing else
 * back, and is told. Throws where the branch holds no table at all though some were agreed on: a branch
 * that was deleted is not a catalog that was emptied.
 */
export async function syncBranch(deps: GitDeps, sync: Sync, options: Options): Promise<SyncPlan> {
  const files = await selectGitFiles(deps.db, remoteKey(sync.remote));
  const plan: SyncPlan = { head: sync.branch.head, items: [], applied: [] };
  const rows = [...files.values()];
  const paths = pathsOf(sync.branch);
  assertKnown(options, [...paths, ...rows.map(({ path }) => path)]);
  const isMeant = (path: string) => options.take === null || options.names.includes(nameOf(path));
  const there = new Set(paths);
  const gone = rows.filter(({ path }) => !there.has(path) && isMeant(path));
  const removed = gone.filter(({ version }) => version > 0);
  if (options.take !== "catalog") assertNotEmptied(sync, paths, removed.length);
  for (const path of paths.filter(isMeant)) {
    const side = await sideOf(deps, path, rows);
    const isRead = options.take === "git" || !isUnchanged(sync.branch, side);
    await (isRead ? syncTable : retake)(deps, sync, side, options, plan);
  }
  const isHeld = !options.isAsked && removed.length > mostGoneUnasked;
  for (const row of gone) {
    const side = { ...(await sideOf(deps, row.path, rows)), base: row };
    if (row.version === 0) await retake(deps, sync, side, options, plan);
    else if (!isHeld) await syncGone(deps, sync, side, options, plan);
    else tell(plan, side, "refused", "gone from the repository: maestro sync removes it");
  }
  return plan;
}

function tell(plan: SyncPlan, side: Side, action: SyncItem["action"], detail: string): void {
  plan.items.push({ name: side.name, action, detail });
}

function nameOf(path: string): string {
  return path.replace(/^tables\//, "").replace("/", ".");
}

function assertKnown({ names }: Options, paths: string[]): void {
  const known = new Set(paths.map(nameOf));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const message = `${unknown} is no table of the repository: maestro sync --plan names those to choose from`;
  throw new MaestroError("invalidInput", message, { field: "names" });
}

function assertNotEmptied({ remote, branch }: Sync, paths: string[], removed: number): void {
  if (paths.length > 0 || removed === 0) return;
  const what = branch.head === null ? "is gone from the repository" : "holds no table any more";
  throw new MaestroError(
    "git",
    `the branch ${remote.branch} ${what}, and ${removed} of the catalog were in it: nothing is removed. Bring the branch back, or name another in git.branch`,
  );
}

async function sideOf(deps: GitDeps, path: string, rows: GitFileRow[]): Promise<Side> {
  const [, dataset = "", name = ""] = path.split("/");
  const current = await findCurrentTable(deps.db, { dataset, name });
  const tableId = current?.id ?? null;
  const at = rows.filter((row) => row.path === path);
  return {
    name: `${dataset}.${name}`,
    path,
    tableId,
    version: current?.version ?? null,
    base: at.find((row) => row.tableId === tableId),
    former: at.find((row) => row.tableId !== tableId && row.version > 0),
  };
}

function shasOf(branch: GitBranch, path: string) {
  const sqlSha = branch.files.get(`${path}.sql`)?.sha ?? null;
  return { sqlSha, settingsSha: branch.files.get(`${path}.yaml`)?.sha ?? null };
}

function isUnchanged(branch: GitBranch, { path, base, former }: Side): boolean {
  const { sqlSha, settingsSha } = shasOf(branch, path);
  const was = base ?? former;
  return was !== undefined && was.sqlSha === sqlSha && was.settingsSha === settingsSha;
}

async function syncTable(
  deps: GitDeps,
  sync: Sync,
  side: Side,
  options: Options,
  plan: SyncPlan,
): Promise<void> {
  if (options.take === "catalog") return keepCatalog(deps, sync, side, options, plan);
  try {
    const file = await readBranchFile(sync.branch, side.path);
    const [planned] = await planFiles(deps, [file], allRights);
    if (!planned) return;
    const { action, changed } = planned;
    // Both came to the same, each by itself.
    if (action === "none")
      return await agreeUnless(options.isDry, deps, sync, side, planned.version);
    if (action !== "refused" && isChangedHere(side) && options.take !== "git") {
      tell(plan, side, "conflict", bothChanged(side, changed));
      if (!options.isDry) await noteConflict(deps, sync, side);
      return;
    }
    tell(plan, side, action, planned.refusal ?? changed.join(", "));
    if (action === "refused" || options.isDry) return;
    // The version that was found unchanged here: what is saved since is kept.
    const saved = await saveFile(deps, { file, version: side.version }, sync.actor, allRights);
    await agree(deps, sync, { ...side, tableId: saved.id }, saved.version);
    plan.applied.push(side.name);
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    tell(plan, side, "refused", messageOf(error));
  }
}

async function agreeUnless(
  isDry: boolean,
  deps: GitDeps,
  sync: Sync,
  side: Side,
  version: number | null,
): Promise<void> {
  if (!isDry) await agree(deps, sync, side, version ?? 1);
}

/** A table that was removed or renamed here is changed too. */
function isChangedHere({ version, base, former }: Side): boolean {
  if (version === null) return former !== undefined;
  // Nothing ends a conflict but a decision, and its commit.
  return version !== (base?.version ?? 0) || (base?.conflictVersion ?? null) !== null;
}

function bothChanged({ version }: Side, changed: string[]): string {
  if (version === null) return "changed in the repository, removed or renamed in the catalog";
  return `changed in the repository and in the catalog: ${changed.join(", ")}`;
}

async function agree(deps: GitDeps, sync: Sync, side: Side, version: number): Promise<void> {
  if (side.tableId === null) return;
  const { remote, branch } = sync;
  const shas = shasOf(branch, side.path);
  const row = {
    remote: remoteKey(remote),
    tableId: side.tableId,
    path: side.path,
    version,
    ...shas,
  };
  await deps.db.transaction(async (tx) => {
    if (side.former) await forgetGitFile(tx, row.remote, side.former.tableId);
    await agreeOn(tx, row, branch.head);
  });
}

async function noteConflict(deps: GitDeps, sync: Sync, side: Side): Promise<void> {
  const tableId = side.tableId ?? side.former?.tableId;
  const version = side.version ?? side.former?.version;
  if (tableId === undefined || version === undefined) return;
  const remote = remoteKey(sync.remote);
  await recordConflict(deps.db, { remote, tableId, path: side.path, version });
}

/** The catalog's state goes over the one that was seen in the repository; nothing is saved here. */
async function keepCatalog(
  deps: GitDeps,
  { remote, branch, actor }: Sync,
  side: Side,
  { isDry }: Options,
  plan: SyncPlan,
): Promise<void> {
  const tableId = side.tableId ?? side.former?.tableId ?? side.base?.tableId;
  if (tableId === undefined) {
    const detail = "the catalog never had it: remove its files from the repository";
    return tell(plan, side, "refused", detail);
  }
  const version = await selectLiveVersion(deps.db, tableId);
  const over = { path: side.path, ...shasOf(branch, side.path) };
  const [done, news] =
    version === null
      ? (["its files are removed", { kind: "remove", userId: actor.userId }] as const)
      : (["the catalog's is committed", { kind: "save", version }] as const);
  tell(plan, side, "conflict", done);
  if (isDry) return;
  await deps.db.transaction(async (tx) => {
    // Until it is committed, a push that is taken in leaves the table alone.
    const row = { remote: remoteKey(remote), tableId, path: side.path };
    if (version !== null) await recordConflict(tx, { ...row, version });
    await tellGit(tx, { ...news, tableId, isForced: true, over });
  });
}

/** Where the repository is back at what was agreed on, there is no conflict any more. */
async function retake(
  deps: GitDeps,
  sync: Sync,
  side: Side,
  options: Options,
  plan: SyncPlan,
): Promise<void> {
  const row = side.base ?? side.former;
  if (!row || row.conflictVersion === null || options.take === "git") return;
  await keepCatalog(deps, sync, side, options, plan);
  if (!options.isDry) await clearConflict(deps.db, row);
}

/** A table whose files are gone from the branch. */
async function syncGone(
  deps: GitDeps,
  sync: Sync,
  side: Side & { base: GitFileRow },
  options: Options,
  plan: SyncPlan,
): Promise<void> {
  const { base } = side;
  const remote = remoteKey(sync.remote);
  const version = await selectLiveVersion(deps.db, base.tableId);
  if (version === null || side.tableId !== base.tableId) {
    // Gone from the catalog too, or another name by now: the save says where its files are.
    if (version === null && !options.isDry) await forgetGitFile(deps.db, remote, base.tableId);
    return;
  }
  if (options.take === "catalog") return keepCatalog(deps, sync, side, options, plan);
  if (isChangedHere({ ...side, version }) && options.take !== "git") {
    tell(plan, side, "conflict", "gone from the repository and changed in the catalog");
    if (!options.isDry) await noteConflict(deps, sync, side);
    return;
  }
  tell(plan, side, "remove", "gone from the repository");
  if (options.isDry) return;
  try {
    await removeTable(deps, base.tableId, sync.actor, version);
    await forgetGitFile(deps.db, remote, base.tableId);
    plan.applied.push(side.name);
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    tell(plan, side, "refused", error.message);
  }
}
