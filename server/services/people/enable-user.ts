import { updateUser } from "../../db/users.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { takeUser } from "./take-user.ts";

/** Lets a user in who waits, or who was disabled. Who is enabled stays so. */
export async function enableUser(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const user = await takeUser(tx, id);
    if (!user.disabled) return;
    await updateUser(tx, id, { disabled: false });
    await recordChange(tx, actor, {
      action: "user.enable",
      subjectKind: "user",
      subjectId: id,
      detail: { email: user.email },
    });
  });
  deps.changes.publish({ noun: "user", id });
}
