import type { SignedIn } from "../services/access/principal.ts";
import type { Actor } from "../services/audit/record-change.ts";

/** Who the audit log says did it. */
export function actorOf(principal: SignedIn): Actor {
  return { userId: principal.user.id, name: principal.user.email };
}
