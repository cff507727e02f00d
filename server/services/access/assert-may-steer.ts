import { eq } from "drizzle-orm";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Deps } from "../deps.ts";
import { mayWriteGroup } from "./authorize.ts";
import type { SignedIn } from "./principal.ts";

/** A run may be resumed or cancelled by who started it, and by whoever may write one of its tables. */
export async function assertMaySteer(
  deps: Pick<Deps, "db">,
  principal: SignedIn,
  runId: number,
): Promise<void> {
  if (principal.user.isAdmin) return;
  const rows = await deps.db
    .selectDistinct({ groupId: tables.groupId, startedBy: runs.startedBy })
    .from(runs)
    .leftJoin(tableRuns, eq(tableRuns.runId, runs.id))
    .leftJoin(tables, eq(tables.id, tableRuns.tableId))
    .where(eq(runs.id, runId));
  if (rows.length === 0) throw new MaestroError("notFound", `there is no run ${runId}`);
  const may = rows.some(
    ({ groupId, startedBy }) =>
      startedBy === principal.user.id || mayWriteGroup(principal, groupId),
  );
  if (may) return;
  throw new MaestroError("forbidden", "none of this run's tables is your groups'");
}
