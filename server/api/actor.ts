import { assertMayWriteGroup } from "../services/access/authorize.ts";
import type { SignedIn } from "../services/access/principal.ts";
import type { Actor } from "../services/audit/record-change.ts";
import type { FileRights } from "../services/files/plan-files.ts";

/** Who the audit log says did it. */
export function actorOf(principal: SignedIn): Actor {
  return { userId: principal.user.id, name: principal.user.email };
}

/** What the caller may save of tables that come as files. */
export function fileRightsOf(principal: SignedIn): FileRights {
  return {
    // A table is its maker's first group's unless said otherwise, so that its costs have an owner.
    groupIdOfNew: principal.user.groups[0]?.id ?? null,
    assertMayWrite: (groupId) => assertMayWriteGroup(principal, groupId),
  };
}
