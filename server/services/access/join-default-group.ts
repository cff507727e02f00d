import { eq } from "drizzle-orm";
import { groups, userGroups } from "../../../drizzle/schema/users.ts";
import type { Db } from "../../db/client.ts";

/** Puts a user into the group `default`, which is made where it is not there. */
export async function joinDefaultGroup(tx: Db, userId: number): Promise<void> {
  await tx.insert(groups).values({ name: "default" }).onConflictDoNothing();
  const [group] = await tx.select({ id: groups.id }).from(groups).where(eq(groups.name, "default"));
  if (!group) return;
  await tx.insert(userGroups).values({ userId, groupId: group.id }).onConflictDoNothing();
}
