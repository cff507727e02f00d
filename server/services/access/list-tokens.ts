import type { TokenView, UsersTokenView } from "../../../shared/user.ts";
import { selectAllApiTokens, selectApiTokens } from "../../db/tokens.ts";
import type { Deps } from "../deps.ts";

/** A user's own tokens that are not revoked. */
export function listTokens(deps: Pick<Deps, "db">, userId: number): Promise<TokenView[]> {
  return selectApiTokens(deps.db, userId);
}

/** Everybody's, for admins. */
export function listAllTokens(deps: Pick<Deps, "db">): Promise<UsersTokenView[]> {
  return selectAllApiTokens(deps.db);
}
