import type { GitBranch } from "../../connectors/git.ts";
import { noteGitBranch, selectGitBranch, setGitHead } from "../../db/git-branches.ts";
import type { Deps } from "../deps.ts";

/**
 * Notes where the branch is. True where it does not lead to where it was before: its history was
 * rewritten (a forced push), and commits that were in it are in it no more. It stays so until what the
 * branch says was held against the catalog.
 */
export async function noteHead(
  { db, log }: Pick<Deps, "db" | "log">,
  remote: string,
  branch: GitBranch,
): Promise<boolean> {
  await noteGitBranch(db, remote);
  const known = await selectGitBranch(db, remote);
  const { head } = branch;
  // A branch that is gone is told elsewhere.
  if (head === null || !known) return false;
  if (known.head !== null && !(await branch.holds(known.head))) {
    if (known.rewrittenHead !== head) {
      await setGitHead(db, remote, { rewrittenHead: head });
      log.warn({ before: known.head, now: head }, "git: the history of the branch was rewritten");
    }
    return true;
  }
  if (known.head !== head || known.rewrittenHead !== null) {
    await setGitHead(db, remote, { head, rewrittenHead: null });
  }
  return false;
}
