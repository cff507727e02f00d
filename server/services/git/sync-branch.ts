import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { SyncInput, SyncItem, SyncPlan } from "../../../shared/git.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import {
  agreeOn,
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

/** One table, as both sides have it. */
interface Side {
  name: string;
  path: string;
  tableId: number | null;
  version: number | null;
  base: GitFileRow | undefined;
}

/**
 * Takes what the branch changed into the catalog, by the same plan and the same save as any other. What
 * was changed on both sides is a conflict and stays, unless `take` says for its name which side holds.
 * Each table is saved by itself: what is refused keeps nothing else back, and is told.
 */
export async function syncBranch(
  deps: GitDeps,
  sync: Sync,
  options: SyncInput & { isDry: boolean },
): Promise<SyncPlan> {
  const files = await selectGitFiles(deps.db, remoteKey(sync.remote));
  const plan: SyncPlan = { head: sync.branch.head, items: [], applied: [] };
  const byPath = new Map([...files.values()].map((row) => [row.path, row]));
  const paths = pathsOf(sync.branch);
  for (const path of paths) {
    const side = await sideOf(deps, path, byPath.get(path));
    if (isUnchanged(sync.branch, side)) continue;
    await syncTable(deps, sync, side, options, plan);
  }
  const there = new Set(paths);
  for (const row of files.values()) {
    if (there.has(row.path) || (row.sqlSha === null && row.settingsSha === null)) continue;
    await syncGone(deps, sync, await sideOf(deps, row.path, row), options, plan);
  }
  return plan;
}

async function sideOf(deps: GitDeps, path: string, base: GitFileRow | undefined): Promise<Side> {
  const [, dataset = "", name = ""] = path.split("/");
  const current = await findCurrentTable(deps.db, { dataset, name });
  const tableId = current?.id ?? null;
  return { name: `${dataset}.${name}`, path, tableId, version: current?.version ?? null, base };
}

function shasOf(branch: GitBranch, path: string) {
  const sqlSha = branch.files.get(`${path}.sql`)?.sha ?? null;
  return { sqlSha, settingsSha: branch.files.get(`${path}.yaml`)?.sha ?? null };
}

function isUnchanged(branch: GitBranch, { path, base }: Side): boolean {
  const { sqlSha, settingsSha } = shasOf(branch, path);
  return base !== undefined && base.sqlSha === sqlSha && base.settingsSha === settingsSha;
}

async function syncTable(
  deps: GitDeps,
  sync: Sync,
  side: Side,
  options: SyncInput & { isDry: boolean },
  plan: SyncPlan,
): Promise<void> {
  const { branch } = sync;
  const tell = (action: SyncItem["action"], detail: string) =>
    plan.items.push({ name: side.name, action, detail });
  try {
    const file = await readBranchFile(branch, side.path);
    const [planned] = await planFiles(deps, [file], allRights);
    if (!planned) return;
    const { action, changed } = planned;
    // Both came to the same, each by itself.
    if (action === "none") return await agreeUnless(options.isDry, deps, sync, side);
    const taken = options.names.includes(side.name) ? options.take : null;
    if (action !== "refused" && isChangedHere(side) && taken !== "git") {
      tell("conflict", taken ? "the catalog's is committed" : bothChanged(changed));
      if (!options.isDry) await settleConflict(deps, sync, side, taken !== null);
      return;
    }
    tell(action, planned.refusal ?? changed.join(", "));
    if (action === "refused" || options.isDry) return;
    const saved = await saveFile(deps, { file, version: planned.version }, sync.actor, allRights);
    await agree(deps, sync, { ...side, tableId: saved.id }, saved.version);
    plan.applied.push(side.name);
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    tell("refused", messageOf(error));
  }
}

async function agreeUnless(isDry: boolean, deps: GitDeps, sync: Sync, side: Side): Promise<void> {
  if (!isDry) await agree(deps, sync, side, side.version ?? 1);
}

function isChangedHere({ version, base }: Side): boolean {
  return version !== null && version !== (base?.version ?? 0);
}

function bothChanged(changed: string[]): string {
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
  await deps.db.transaction((tx) => agreeOn(tx, row, branch.head));
}

async function settleConflict(
  deps: GitDeps,
  sync: Sync,
  side: Side,
  isForced: boolean,
): Promise<void> {
  const { tableId, version, path } = side;
  if (tableId === null || version === null) return;
  const remote = remoteKey(sync.remote);
  await deps.db.transaction(async (tx) => {
    if (isForced) await tellGit(tx, { kind: "save", tableId, version, isForced });
    else await recordConflict(tx, { remote, tableId, path, version });
  });
}

/** A table whose files are gone from the branch. */
async function syncGone(
  deps: GitDeps,
  sync: Sync,
  side: Side,
  options: SyncInput & { isDry: boolean },
  plan: SyncPlan,
): Promise<void> {
  const { base } = side;
  if (!base) return;
  const remote = remoteKey(sync.remote);
  const version = await selectLiveVersion(deps.db, base.tableId);
  if (version === null || side.tableId !== base.tableId) {
    // Gone from the catalog too, or another name by now: the save says where its files are.
    if (version === null && !options.isDry) await forgetGitFile(deps.db, remote, base.tableId);
    return;
  }
  const taken = options.names.includes(side.name) ? options.take : null;
  const tell = (action: SyncItem["action"], detail: string) =>
    plan.items.push({ name: side.name, action, detail });
  if (version !== base.version && taken !== "git") {
    tell("conflict", "gone from the repository and changed in the catalog");
    if (!options.isDry) await settleConflict(deps, sync, side, taken === "catalog");
    return;
  }
  tell("remove", "gone from the repository");
  if (options.isDry) return;
  try {
    await removeTable(deps, base.tableId, sync.actor);
    await forgetGitFile(deps.db, remote, base.tableId);
    plan.applied.push(side.name);
  } catch (error) {
    if (!(error instanceof MaestroError)) throw error;
    plan.items.push({ name: side.name, action: "refused", detail: error.message });
  }
}
