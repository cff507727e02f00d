import { MaestroError } from "../../../shared/errors.ts";
import type { Me } from "../../../shared/user.ts";
import { revokeApiToken } from "../../db/tokens.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Ends one of the user's own tokens, at once and for good. */
export async function revokeToken(
  deps: Pick<Deps, "db">,
  user: Pick<Me, "id" | "email">,
  id: number,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if (!(await revokeApiToken(tx, id, user.id))) {
      throw new MaestroError("notFound", `you have no token with id ${id}`);
    }
    const actor = { userId: user.id, name: user.email };
    await recordChange(tx, actor, { action: "token.revoke", subjectKind: "token", subjectId: id });
  });
}
