import type { TokenView } from "../../../shared/user.ts";
import { selectApiTokens } from "../../db/tokens.ts";
import type { Deps } from "../deps.ts";

/** A user's own tokens that are not revoked. */
export function listTokens(deps: Pick<Deps, "db">, userId: number): Promise<TokenView[]> {
  return selectApiTokens(deps.db, userId);
}
