import type { SyncInput, SyncItem, SyncPlan } from "../../../shared/git.ts";
import type { GitBranch } from "../../connectors/git.ts";
import type { GitRemote } from "../../connectors/git-command.ts";
import { type GitFileRow, recordConflict, selectCommitOf } from "../../db/git-files.ts";
import type { Actor } from "../audit/record-change.ts";
import { findCurrentTable } from "../files/get-file.ts";
import { type GitDeps, remoteKey } from "./git-remote.ts";

/** What is brought together, and for whom. */
export interface Sync {
  remote: GitRemote;
  branch: GitBranch;
  isRewritten: boolean;
  actor: Actor;
}

export type SyncOptions = SyncInput & {
  isDry: boolean;
  /** Somebody has seen what is removed; a push that was told of has nobody who did. */
  isAsked: boolean;
};

/** One table, as both sides have it. */
export interface TableSide {
  name: string;
  path: string;
  tableId: number | null;
  version: number | null;
  /** What was agreed on for that very table, at this path. */
  base: GitFileRow | undefined;
  /** The same of a table that had the name before. */
  former: GitFileRow | undefined;
}

/** `at`: what was agreed on for tables of that path. */
export async function sideOf(
  { db }: Pick<GitDeps, "db">,
  path: string,
  at: GitFileRow[],
): Promise<TableSide> {
  const [, dataset = "", name = ""] = path.split("/");
  const current = await findCurrentTable(db, { dataset, name });
  const tableId = current?.id ?? null;
  return {
    name: `${dataset}.${name}`,
    path,
    tableId,
    version: current?.version ?? null,
    base: at.find((row) => row.tableId === tableId),
    former: at.find((row) => row.tableId !== tableId && row.version > 0),
  };
}

export function shasOf({ files }: GitBranch, path: string) {
  return {
    sqlSha: files.get(`${path}.sql`) ?? null,
    settingsSha: files.get(`${path}.yaml`) ?? null,
  };
}

/** Whether the branch has at the path what was agreed on. */
export function isAsAgreed(branch: GitBranch, path: string, row: GitFileRow | undefined): boolean {
  const { sqlSha, settingsSha } = shasOf(branch, path);
  return row !== undefined && row.sqlSha === sqlSha && row.settingsSha === settingsSha;
}

/** A table that was removed or renamed here is changed too. */
export function isChangedHere({ version, base, former }: TableSide): boolean {
  if (version === null) return former !== undefined;
  // Nothing ends a conflict but a decision, and its commit.
  return version !== (base?.version ?? 0) || (base?.conflictVersion ?? null) !== null;
}

/** Whether a rewritten branch has lost the commit that the catalog's state is in. */
export async function isLost(
  { db }: Pick<GitDeps, "db">,
  { branch, isRewritten }: Sync,
  { base }: TableSide,
): Promise<boolean> {
  if (!isRewritten || !base || base.version === 0) return false;
  const commit = await selectCommitOf(db, base);
  return commit === null || !(await branch.holds(commit));
}

export async function noteConflict(
  { db }: Pick<GitDeps, "db">,
  sync: Sync,
  side: TableSide,
): Promise<void> {
  const tableId = side.tableId ?? side.former?.tableId;
  const version = side.version ?? side.former?.version;
  if (tableId === undefined || version === undefined) return;
  const remote = remoteKey(sync.remote);
  await recordConflict(db, { remote, tableId, path: side.path, version });
}

export function tell(
  plan: SyncPlan,
  { name }: Pick<TableSide, "name">,
  action: SyncItem["action"],
  detail: string,
): void {
  plan.items.push({ name, action, detail });
}
