import { MaestroError } from "../../../shared/errors.ts";
import type { Me } from "../../../shared/user.ts";
import { revokeApiToken } from "../../db/tokens.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Ends one of the user's own tokens, at once and for good. */
export function revokeToken(
  deps: Pick<Deps, "db" | "changes">,
  user: Pick<Me, "id" | "email">,
  id: number,
): Promise<void> {
  return revoke(deps, { id, userId: user.id }, { userId: user.id, name: user.email });
}

/** The same of anybody's, by an admin. */
export function revokeAnyToken(
  deps: Pick<Deps, "db" | "changes">,
  id: number,
  actor: Actor,
): Promise<void> {
  return revoke(deps, { id, userId: null }, actor);
}

async function revoke(
  deps: Pick<Deps, "db" | "changes">,
  { id, userId }: { id: number; userId: number | null },
  actor: Actor,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const revoked = await revokeApiToken(tx, id, userId);
    if (!revoked) {
      const who = userId === null ? "there is" : "you have";
      throw new MaestroError(
        "notFound",
        `${who} no token with id ${id}: it may be revoked already`,
      );
    }
    await recordChange(tx, actor, {
      action: "token.revoke",
      subjectKind: "token",
      subjectId: id,
      detail: revoked,
    });
  });
  deps.changes.publish({ noun: "token", id });
}
