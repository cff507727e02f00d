import { MaestroError } from "../../../shared/errors.ts";
import type { Me } from "../../../shared/user.ts";
import { takeSignInToken } from "../../db/tokens.ts";
import { markSeen, selectMe } from "../../db/users.ts";
import { sha256 } from "../../support/crypto.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Takes a one-time link and answers its user. Throws `unauthenticated` where it is spent. */
export async function redeemSignInToken(deps: Pick<Deps, "db">, token: string): Promise<Me> {
  return deps.db.transaction(async (tx) => {
    const userId = await takeSignInToken(tx, sha256(token));
    const me = userId === null ? null : await selectMe(tx, userId);
    if (!me) {
      throw new MaestroError(
        "unauthenticated",
        "this sign-in link was used already or has expired",
      );
    }
    await markSeen(tx, me.id);
    const actor = { userId: me.id, name: me.email };
    await recordChange(tx, actor, { action: "signIn", subjectKind: "user", subjectId: me.id });
    return me;
  });
}
