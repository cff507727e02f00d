import { revokeTokensOf } from "../../db/tokens.ts";
import { updateUser } from "../../db/users.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { type AdminRules, assertAdminRemains } from "./assert-admin-remains.ts";
import { takeUser } from "./take-user.ts";

/**
 * Shuts a user out: from the next request on, and out of the event streams that they have open, by
 * the change that is told here. Their tokens are revoked for good: enabled again, they make new ones.
 */
export async function disableUser(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
  rules: AdminRules,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const user = await takeUser(tx, id);
    if (user.disabledAt !== null && user.disabled) return;
    await assertAdminRemains(tx, { id, ...user }, rules);
    await updateUser(tx, id, { disabled: true });
    const tokensRevoked = await revokeTokensOf(tx, id);
    await recordChange(tx, actor, {
      action: "user.disable",
      subjectKind: "user",
      subjectId: id,
      detail: { email: user.email, tokensRevoked },
    });
  });
  deps.changes.publish({ noun: "user", id });
}
