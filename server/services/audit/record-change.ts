import { auditLog } from "../../../drizzle/schema/users.ts";
import type { Db } from "../../db/client.ts";

/** Who changes something: a person, or a process such as the sample project's loader. */
export interface Actor {
  userId: number | null;
  /** The e-mail address, or the process's name. */
  name: string;
}

/**
 * Writes one line of the audit log; call it in the transaction of the change, so that neither is
 * there without the other. `detail` must carry no secret.
 */
export async function recordChange(
  db: Db,
  actor: Actor,
  change: {
    action: string;
    subjectKind: string;
    subjectId: number | null;
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  await db.insert(auditLog).values({
    userId: actor.userId,
    actor: actor.name,
    action: change.action,
    subjectKind: change.subjectKind,
    subjectId: change.subjectId,
    detail: change.detail ?? {},
  });
}
