import { eq, ne, sql } from "drizzle-orm";
import { users } from "../../../drizzle/schema/users.ts";
import type { Db } from "../../db/client.ts";
import { locks } from "../../db/locks.ts";
import { tellSlack } from "../../db/outbox.ts";
import { markSeen } from "../../db/users.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { withdrawBootToken } from "./boot-token.ts";
import { localEmail } from "./ensure-local-admin.ts";
import { joinDefaultGroup } from "./join-default-group.ts";

/** Somebody whose e-mail address is proven, and of an allowed domain. */
export interface Visitor {
  issuer: string;
  subject: string;
  email: string;
  name: string;
}

/**
 * The id of the user with this address; null where another person signed in with it before. One who
 * is new is made: the first of all as an admin in the group `default`, later ones disabled, until an
 * admin enables them. First sign-ins take turns under one lock, so that fifty at once make one admin.
 *
 * The local admin counts as the first only where `localAdminSignsIn`: elsewhere nobody could enable
 * anybody.
 */
export async function admitUser(
  deps: Pick<Deps, "db">,
  visitor: Visitor,
  options: { localAdminSignsIn: boolean },
): Promise<number | null> {
  return deps.db.transaction(async (tx) => {
    const known = await findByEmail(tx, visitor.email);
    const user = known ?? (await addUser(tx, visitor, options.localAdminSignsIn));
    if (isOther(user, visitor)) return null;
    await keepIdentity(tx, user, visitor);
    if (!user.disabled) {
      if (user.isAdmin) await withdrawBootToken(tx);
      await markSeen(tx, user.id);
      const actor = { userId: user.id, name: visitor.email };
      await recordChange(tx, actor, { action: "signIn", subjectKind: "user", subjectId: user.id });
    }
    return user.id;
  });
}

const columns = {
  id: users.id,
  isAdmin: users.isAdmin,
  disabled: users.disabled,
  issuer: users.oauthIssuer,
  subject: users.oauthSubject,
};

/** Of the same issuer: where the installation moves to another one, everybody is known by address. */
function isOther(
  user: { issuer: string | null; subject: string | null },
  visitor: Visitor,
): boolean {
  return user.issuer === visitor.issuer && user.subject !== visitor.subject;
}

async function keepIdentity(
  tx: Db,
  user: { id: number; issuer: string | null },
  { issuer, subject }: Visitor,
): Promise<void> {
  if (user.issuer === issuer) return;
  const identity = { oauthIssuer: issuer, oauthSubject: subject };
  await tx.update(users).set(identity).where(eq(users.id, user.id));
}

async function findByEmail(tx: Db, email: string) {
  const [row] = await tx
    .select(columns)
    .from(users)
    .where(sql`lower(${users.email}) = lower(${email})`);
  return row;
}

async function addUser(tx: Db, { email, name }: Visitor, localAdminSignsIn: boolean) {
  await tx.execute(sql`select pg_advisory_xact_lock(${locks.firstUser})`);
  const known = await findByEmail(tx, email);
  if (known) return known;
  const isAdmin = !(await hasUsers(tx, localAdminSignsIn));
  const [made] = await tx
    .insert(users)
    .values({ email, name, isAdmin, disabled: !isAdmin })
    .returning(columns);
  if (!made) throw new Error("an insert returned no row");
  if (isAdmin) await joinDefaultGroup(tx, made.id);
  else await tellSlack(tx, { kind: "userWaiting", userId: made.id });
  const actor = { userId: made.id, name: email };
  await recordChange(tx, actor, {
    action: "user.create",
    subjectKind: "user",
    subjectId: made.id,
    detail: { email, isAdmin, disabled: !isAdmin },
  });
  return made;
}

async function hasUsers(tx: Db, countsLocalAdmin: boolean): Promise<boolean> {
  const [row] = await tx
    .select({ id: users.id })
    .from(users)
    .where(countsLocalAdmin ? undefined : ne(users.email, localEmail))
    .limit(1);
  return row !== undefined;
}
