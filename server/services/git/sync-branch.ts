import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { SyncPlan } from "../../../shared/git.ts";
import type { GitText } from "../../connectors/git-files.ts";
import {
  agreeOn,
  clearConflict,
  forgetGitFile,
  type GitFileRow,
  selectGitFiles,
  selectLiveVersion,
} from "../../db/git-files.ts";
import { removeTable } from "../catalog/remove-table.ts";
import { type FileRights, planFiles } from "../files/plan-files.ts";
import { saveFile } from "../files/save-file.ts";
import { pathsOf, readBranchFile, readTextsOf } from "./branch-tables.ts";
import { type GitDeps, remoteKey } from "./git-remote.ts";
import { keepCatalog } from "./keep-catalog.ts";
import {
  isAsAgreed,
  isChangedHere,
  isLost,
  noteConflict,
  type Sync,
  type SyncOptions,
  shasOf,
  sideOf,
  type TableSide,
  tell,
} from "./table-side.ts";

/** Who may write to the branch may change every table: that is what the repository's settings say. */
export const allRights: FileRights = { groupIdOfNew: null, assertMayWrite: () => undefined };

/** So many tables may be gone in a push that nobody looked at. */
const mostGoneUnasked = 5;
/** So many tables are read together. */
const atOnce = 100;

/**
 * Takes what the branch changed into the catalog, by the same plan and the same save as any other. What
 * was changed on both sides is a conflict and stays, unless `take` says for its name which side holds;
 * then no other table is looked at. Each table is saved by itself: what is refused keeps nothing else
 * back, and is told. Throws where the branch holds no table at all though some were agreed on: a branch
 * that was deleted is not a catalog that was emptied.
 */
export async function syncBranch(
  deps: GitDeps,
  sync: Sync,
  options: SyncOptions,
): Promise<SyncPlan> {
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
  const rowsAt = Map.groupBy(rows, ({ path }) => path);
  const looked = paths.filter(
    (path) => isMeant(path) && !(options.take === null && isSettled(sync, path, rowsAt.get(path))),
  );
  for (let at = 0; at < looked.length; at += atOnce) {
    await syncSome(deps, sync, { some: looked.slice(at, at + atOnce), rowsAt }, options, plan);
  }
  // What is gone may be a file that was renamed, and is refused under its other name.
  const isMoveRefused = plan.items.some(
    ({ action, name }) => action === "refused" && !rowsAt.has(`tables/${name.replace(".", "/")}`),
  );
  const isHeld = !options.isAsked && (removed.length > mostGoneUnasked || isMoveRefused);
  for (const row of gone) {
    const side = { ...(await sideOf(deps, row.path, rowsAt.get(row.path) ?? [])), base: row };
    if (row.version === 0) await retake(deps, sync, side, options, plan);
    else if (!isHeld) await syncGone(deps, sync, side, options, plan);
    else tell(plan, side, "refused", "gone from the repository: maestro sync removes it");
  }
  return plan;
}

/** Nothing is to be done: it is what was agreed on, and nobody waits for a decision. */
function isSettled({ branch }: Sync, path: string, rows: GitFileRow[] = []): boolean {
  return (
    rows.length > 0 &&
    rows.every((row) => row.conflictVersion === null && isAsAgreed(branch, path, row))
  );
}

/** The texts of some tables are fetched together, and no more of them are held in memory. */
async function syncSome(
  deps: GitDeps,
  sync: Sync,
  { some, rowsAt }: { some: string[]; rowsAt: Map<string, GitFileRow[]> },
  options: SyncOptions,
  plan: SyncPlan,
): Promise<void> {
  const sides: TableSide[] = [];
  for (const path of some) sides.push(await sideOf(deps, path, rowsAt.get(path) ?? []));
  const changed = sides.filter(
    ({ path, base, former }) =>
      options.take === "git" || !isAsAgreed(sync.branch, path, base ?? former),
  );
  const isRead = options.take !== "catalog";
  const read = isRead ? changed.map(({ path }) => path) : [];
  const texts = await readTextsOf(sync.branch, read);
  for (const side of sides) {
    if (!changed.includes(side)) await retake(deps, sync, side, options, plan);
    else if (!isRead) await keepCatalog(deps, sync, side, options, plan);
    else await syncTable(deps, { ...sync, texts }, side, options, plan);
  }
}

function nameOf(path: string): string {
  return path.replace(/^tables\//, "").replace("/", ".");
}

function assertKnown({ names }: SyncOptions, paths: string[]): void {
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

async function syncTable(
  deps: GitDeps,
  sync: Sync & { texts: Map<string, GitText> },
  side: TableSide,
  options: SyncOptions,
  plan: SyncPlan,
): Promise<void> {
  try {
    const file = readBranchFile(sync.branch, side.path, sync.texts);
    const [planned] = await planFiles(deps, [file], allRights);
    if (!planned) return;
    const { action, changed } = planned;
    // Both came to the same, each by itself.
    if (action === "none")
      return await agreeUnless(options.isDry, deps, sync, side, planned.version);
    const why = action !== "refused" && (await conflictOf(deps, sync, side, options, changed));
    if (why) {
      tell(plan, side, "conflict", why);
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
  side: TableSide,
  version: number | null,
): Promise<void> {
  if (!isDry) await agree(deps, sync, side, version ?? 1);
}

/** Why neither side may overwrite the other; null where one may. */
async function conflictOf(
  deps: GitDeps,
  sync: Sync,
  side: TableSide,
  { take }: SyncOptions,
  changed: string[] | null,
): Promise<string | null> {
  if (take === "git") return null;
  const there = changed === null ? "gone from the repository" : "changed in the repository";
  const what = changed === null || changed.length === 0 ? "" : `: ${changed.join(", ")}`;
  if (isChangedHere(side)) {
    if (side.version === null)
      return "changed in the repository, removed or renamed in the catalog";
    return `${there} and ${changed === null ? "changed " : ""}in the catalog${what}`;
  }
  if (!(await isLost(deps, sync, side))) return null;
  return `the branch was rewritten, and lost the commit of version ${side.version}${what}`;
}

async function agree(deps: GitDeps, sync: Sync, side: TableSide, version: number): Promise<void> {
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

/** Where the repository is back at what was agreed on, there is no conflict any more. */
async function retake(
  deps: GitDeps,
  sync: Sync,
  side: TableSide,
  options: SyncOptions,
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
  side: TableSide & { base: GitFileRow },
  options: SyncOptions,
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
  const why = await conflictOf(deps, sync, { ...side, version }, options, null);
  if (why !== null) {
    tell(plan, side, "conflict", why);
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
