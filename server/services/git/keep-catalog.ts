import type { SyncPlan } from "../../../shared/git.ts";
import { recordConflict, selectLiveVersion } from "../../db/git-files.ts";
import { tellGit } from "../../db/git-outbox.ts";
import { type GitDeps, remoteKey } from "./git-remote.ts";
import { type Sync, type SyncOptions, shasOf, type TableSide, tell } from "./table-side.ts";

/** The catalog's state goes over the one that was seen in the repository; nothing is saved here. */
export async function keepCatalog(
  deps: Pick<GitDeps, "db">,
  { remote, branch, actor }: Sync,
  side: TableSide,
  { isDry }: SyncOptions,
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
