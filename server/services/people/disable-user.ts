import { MaestroError } from "../../../shared/errors.ts";
import { revokeTokensOf } from "../../db/tokens.ts";
import { lockAdmins, lockUser, updateUser } from "../../db/users.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { assertAdminRemains } from "./assert-admin-remains.ts";

/**
 * Shuts a user out: from the next request on, and out of the event streams that they have open, by
 * the change that is told here. Their tokens are revoked for good: enabled again, they make new ones.
 */
export async function disableUser(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockAdmins(tx);
    const user = await lockUser(tx, id);
    if (!user) throw new MaestroError("notFound", `there is no user with id ${id}`);
    if (user.disabledAt !== null && user.disabled) return;
    await assertAdminRemains(tx, { id, ...user });
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
