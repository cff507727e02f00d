import {
  cancelOperations,
  insertOperation,
  lockScheduler,
  updateSchedulerRow,
} from "../../db/schedulers.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { fail } from "./require-scheduler.ts";

/**
 * Lets its rooms drain and end; its row goes last. Where that takes too long the operation fails, the
 * scheduler stays terminating, and deleting it again goes on.
 */
export async function deleteScheduler(
  deps: Pick<Deps, "db" | "changes">,
  actor: Actor,
  name: string,
): Promise<{ id: number; operationId: number }> {
  const deleted = await deps.db.transaction(async (tx) => {
    const { id } = (await lockScheduler(tx, name)) ?? fail(name);
    await cancelOperations(tx, id, ["create", "update", "scale", "delete"], "deleted meanwhile");
    await updateSchedulerRow(tx, id, { state: "terminating", desired: 0 });
    await recordChange(tx, actor, {
      action: "scheduler.delete",
      subjectKind: "scheduler",
      subjectId: id,
      detail: { name },
    });
    const operationId = await insertOperation(tx, {
      schedulerId: id,
      kind: "delete",
      actor: actor.name,
      summary: `delete ${name}`,
    });
    return { id, operationId };
  });
  deps.changes.publish({ noun: "scheduler", id: deleted.id });
  return deleted;
}
