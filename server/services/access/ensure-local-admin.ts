import { sql } from "drizzle-orm";
import { users } from "../../../drizzle/schema/users.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { Me } from "../../../shared/user.ts";
import type { Db } from "../../db/client.ts";
import { countOtherAdmins, lockAdmins, selectMe } from "../../db/users.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { joinDefaultGroup } from "./join-default-group.ts";

export const localEmail = "admin@localhost";

/**
 * The admin of this machine, whom its links and its commands act as; made where there is none, with the
 * group `default` where there is no admin at all. Two processes that start together make one.
 *
 * Throws `forbidden` where the admins have shut the local admin out; where there is no other admin it
 * is let in again, as nobody else could.
 */
export async function ensureLocalAdmin(deps: Pick<Deps, "db">): Promise<Me> {
  const id = await deps.db.transaction(async (tx) => {
    await lockAdmins(tx);
    const [known] = await tx
      .select({ id: users.id, isAdmin: users.isAdmin, disabled: users.disabled })
      .from(users)
      .where(sql`lower(${users.email}) = ${localEmail}`);
    if (known?.isAdmin && !known.disabled) return known.id;
    const hasOthers = (await countOtherAdmins(tx, known?.id ?? 0)) > 0;
    if (known && hasOthers) throw shutOut();
    const made = await letIn(tx, known?.id);
    if (!hasOthers) await joinDefaultGroup(tx, made);
    await recordChange(
      tx,
      { userId: made, name: "start" },
      {
        action: known ? "user.enable" : "user.create",
        subjectKind: "user",
        subjectId: made,
        detail: { email: localEmail, isAdmin: true },
      },
    );
    return made;
  });
  const me = await selectMe(deps.db, id);
  if (!me) throw new Error("the local admin was disabled while it was made");
  return me;
}

async function letIn(tx: Db, known: number | undefined): Promise<number> {
  const rights = { isAdmin: true, disabled: false };
  if (known !== undefined) {
    await tx.update(users).set(rights).where(sql`${users.id} = ${known}`);
    return known;
  }
  const [made] = await tx
    .insert(users)
    .values({ email: localEmail, name: "Local admin", ...rights })
    .returning({ id: users.id });
  if (!made) throw new Error("an insert returned no row");
  return made.id;
}

function shutOut(): MaestroError {
  return new MaestroError(
    "forbidden",
    `${localEmail}, whom this machine's links and commands act as, was disabled or is no admin any more: have an admin enable it and make it one, or use a token of your own`,
  );
}
