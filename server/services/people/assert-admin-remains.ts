import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import { countOtherAdmins } from "../../db/users.ts";

/**
 * Throws `conflict` where this user is the last enabled admin: nobody could let anybody in then. In a
 * transaction that has locked the admins, so that of two requests at once the second sees the first.
 */
export async function assertAdminRemains(
  tx: Db,
  user: { id: number; email: string; isAdmin: boolean; disabled: boolean },
): Promise<void> {
  if (!user.isAdmin || user.disabled || (await countOtherAdmins(tx, user.id)) > 0) return;
  throw new MaestroError(
    "conflict",
    `${user.email} is the last enabled admin: make somebody else an admin first`,
    { field: "id" },
  );
}
