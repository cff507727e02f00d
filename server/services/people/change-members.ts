import { MaestroError } from "../../../shared/errors.ts";
import { deleteMember, insertMember, lockGroup } from "../../db/groups.ts";
import { lockUser } from "../../db/users.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

interface Membership {
  /** The group's id. */
  id: number;
  userId: number;
}

/** Who is a member already stays one. */
export function addMember(
  deps: Pick<Deps, "db" | "changes">,
  membership: Membership,
  actor: Actor,
): Promise<void> {
  return change(deps, membership, actor, { action: "group.addMember", write: insertMember });
}

/** Who is none stays none. */
export function removeMember(
  deps: Pick<Deps, "db" | "changes">,
  membership: Membership,
  actor: Actor,
): Promise<void> {
  return change(deps, membership, actor, { action: "group.removeMember", write: deleteMember });
}

async function change(
  deps: Pick<Deps, "db" | "changes">,
  { id: groupId, userId }: Membership,
  actor: Actor,
  { action, write }: { action: string; write: typeof insertMember },
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const group = await lockGroup(tx, groupId);
    if (group === null) {
      throw new MaestroError("notFound", `there is no group with id ${groupId}`);
    }
    const user = await lockUser(tx, userId);
    if (!user) {
      const details = { field: "userId" };
      throw new MaestroError("notFound", `there is no user with id ${userId}`, details);
    }
    if (!(await write(tx, { groupId, userId }))) return;
    await recordChange(tx, actor, {
      action,
      subjectKind: "group",
      subjectId: groupId,
      detail: { group, userId, email: user.email },
    });
  });
  deps.changes.publish({ noun: "group", id: groupId });
  deps.changes.publish({ noun: "user", id: userId });
}
