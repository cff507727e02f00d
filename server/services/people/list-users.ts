import type { UserView } from "../../../shared/user.ts";
import { selectUsers } from "../../db/users.ts";
import type { Deps } from "../deps.ts";

export function listUsers(deps: Pick<Deps, "db">): Promise<UserView[]> {
  return selectUsers(deps.db);
}
