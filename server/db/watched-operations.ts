import { and, eq, inArray, sql } from "drizzle-orm";
import { schedulerOperations } from "../../drizzle/schema/schedulers.ts";
import type { OperationKind, OperationProgress, OperationState } from "../../shared/operation.ts";
import type { Db } from "./client.ts";
import { msSince, type Watch } from "./watching.ts";

export interface WatchedOperation {
  id: number;
  kind: OperationKind;
  state: OperationState;
  fromVersion: number | null;
  /** Since it began or last came on; null before. */
  stuckMs: number | null;
  startedMs: number | null;
  progress: OperationProgress | null;
}

/** What is not over, the oldest first. */
export async function selectOpenOperations(db: Db, watch: Watch): Promise<WatchedOperation[]> {
  const { rows } = await db.execute<WatchedOperation & Record<string, unknown>>(sql`
    select id::float8 as id, kind, state, from_version as "fromVersion", progress,
      ${msSince("coalesce(advanced_at, started_at)")} as "stuckMs",
      ${msSince("started_at")} as "startedMs"
    from scheduler_operations o
    where scheduler_id = ${watch.schedulerId} and state in ('pending', 'running') order by o.id`);
  return rows;
}

export async function writeOperation(
  tx: Db,
  id: number,
  step: {
    state: OperationState;
    progress?: OperationProgress;
    reason?: string;
    isAdvanced?: boolean;
  },
): Promise<void> {
  const now = sql`clock_timestamp()`;
  const isOver = step.state !== "running";
  await tx
    .update(schedulerOperations)
    .set({
      state: step.state,
      startedAt: sql`coalesce(${schedulerOperations.startedAt}, ${now})`,
      ...(step.progress ? { progress: step.progress } : {}),
      ...(step.reason === undefined ? {} : { reason: step.reason }),
      ...(step.isAdvanced ? { advancedAt: now } : {}),
      ...(isOver ? { endedAt: now } : {}),
    })
    .where(
      and(
        eq(schedulerOperations.id, id),
        inArray(schedulerOperations.state, ["pending", "running"]),
      ),
    );
}
