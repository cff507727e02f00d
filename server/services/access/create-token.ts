import { MaestroError } from "../../../shared/errors.ts";
import type { IssuedToken, Me, TokenInput } from "../../../shared/user.ts";
import { insertApiToken } from "../../db/tokens.ts";
import { randomToken, sha256 } from "../../support/crypto.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";

/** Makes an API token of a user; its text is in the answer and nowhere else, ever. */
export async function createToken(
  deps: Pick<Deps, "db">,
  user: Pick<Me, "id" | "email" | "isAdmin">,
  input: TokenInput,
): Promise<IssuedToken> {
  const scopes = [...new Set(input.scopes)];
  if (scopes.includes("admin") && !user.isAdmin) {
    throw new MaestroError("forbidden", "only admins may make a token with the scope admin", {
      field: "scopes",
    });
  }
  const token = `maestro_${randomToken()}`;
  const id = await deps.db.transaction(async (tx) => {
    const made = await insertApiToken(tx, {
      userId: user.id,
      name: input.name,
      tokenSha256: sha256(token),
      scopes,
      expiresDays: input.expiresDays,
    });
    await recordChange(
      tx,
      { userId: user.id, name: user.email },
      {
        action: "token.create",
        subjectKind: "token",
        subjectId: made,
        detail: { name: input.name, scopes, expiresDays: input.expiresDays },
      },
    );
    return made;
  });
  return { id, token };
}
