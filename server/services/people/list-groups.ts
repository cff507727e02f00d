import type { GroupView } from "../../../shared/user.ts";
import { selectGroups } from "../../db/groups.ts";
import type { Deps } from "../deps.ts";

export function listGroups(deps: Pick<Deps, "db">): Promise<GroupView[]> {
  return selectGroups(deps.db);
}
