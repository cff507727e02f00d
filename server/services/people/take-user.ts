import { MaestroError } from "../../../shared/errors.ts";
import type { Db } from "../../db/client.ts";
import { lockAdmins, lockUser } from "../../db/users.ts";

/**
 * The user, for whoever changes their rights: one transaction at a time, so that of the last two
 * admins one stays. Throws `notFound`.
 */
export async function takeUser(tx: Db, id: number) {
  await lockAdmins(tx);
  const user = await lockUser(tx, id);
  if (!user) throw new MaestroError("notFound", `there is no user with id ${id}`);
  return user;
}
