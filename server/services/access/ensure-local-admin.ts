import { and, asc, eq, sql } from "drizzle-orm";
import { users } from "../../../drizzle/schema/users.ts";
import type { Me } from "../../../shared/user.ts";
import { locks } from "../../db/locks.ts";
import { selectMe } from "../../db/users.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { joinDefaultGroup } from "./join-default-group.ts";

export const localEmail = "admin@localhost";

/**
 * The admin of this machine: the first enabled admin, or, where there is no user at all, a new one
 * with the group `default`. Two processes that start together make one.
 */
export async function ensureLocalAdmin(deps: Pick<Deps, "db">): Promise<Me> {
  const id = await deps.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${locks.firstUser})`);
    const [admin] = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.isAdmin, true), eq(users.disabled, false)))
      .orderBy(asc(users.id))
      .limit(1);
    if (admin) return admin.id;
    const rights = { isAdmin: true, disabled: false };
    const [known] = await tx
      .update(users)
      .set(rights)
      .where(sql`lower(${users.email}) = ${localEmail}`)
      .returning({ id: users.id });
    const [made] = known
      ? [known]
      : await tx
          .insert(users)
          .values({ email: localEmail, name: "Local admin", ...rights })
          .returning({ id: users.id });
    if (!made) throw new Error("an insert returned no row");
    await joinDefaultGroup(tx, made.id);
    const actor = { userId: made.id, name: "start" };
    await recordChange(tx, actor, {
      action: "user.create",
      subjectKind: "user",
      subjectId: made.id,
      detail: { email: localEmail, isAdmin: true },
    });
    return made.id;
  });
  const me = await selectMe(deps.db, id);
  if (!me) throw new Error("the local admin was disabled while it was made");
  return me;
}
