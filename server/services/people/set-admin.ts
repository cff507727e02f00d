import { updateUser } from "../../db/users.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { type AdminRules, assertAdminRemains } from "./assert-admin-remains.ts";
import { takeUser } from "./take-user.ts";

/** Makes a user an admin, or an admin a user. Who is so already stays so. */
export async function setAdmin(
  deps: Pick<Deps, "db" | "changes">,
  { id, isAdmin }: { id: number; isAdmin: boolean },
  actor: Actor,
  rules: AdminRules,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const user = await takeUser(tx, id);
    if (user.isAdmin === isAdmin) return;
    if (!isAdmin) await assertAdminRemains(tx, { id, ...user }, rules);
    await updateUser(tx, id, { isAdmin });
    await recordChange(tx, actor, {
      action: isAdmin ? "user.makeAdmin" : "user.unmakeAdmin",
      subjectKind: "user",
      subjectId: id,
      detail: { email: user.email },
    });
  });
  deps.changes.publish({ noun: "user", id });
}
