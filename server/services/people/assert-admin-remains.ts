import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import { countOtherAdmins } from "../../db/users.ts";
import { localEmail } from "../access/ensure-local-admin.ts";

/** Who changes people's rights has to know it. */
export interface AdminRules {
  /** By one-time links. Elsewhere the local admin can let nobody in, and is none that would remain. */
  localAdminSignsIn: boolean;
}

/**
 * Throws `conflict` where this user is the last enabled admin who can sign in: nobody could let
 * anybody in then. In a transaction that has locked the admins, so that of two requests at once the
 * second sees the first.
 */
export async function assertAdminRemains(
  tx: Db,
  user: { id: number; email: string; isAdmin: boolean; disabled: boolean },
  { localAdminSignsIn }: AdminRules,
): Promise<void> {
  if (!user.isAdmin || user.disabled) return;
  if ((await countOtherAdmins(tx, user.id, localAdminSignsIn ? [] : [localEmail])) > 0) return;
  throw new MaestroError(
    "conflict",
    `${user.email} is the last enabled admin: make somebody else an admin first`,
    { field: "id" },
  );
}
