import type { IssuedToken, TokenInput } from "../../../shared/user.ts";
import type { Deps } from "../deps.ts";
import { createToken } from "./create-token.ts";
import { ensureLocalAdmin } from "./ensure-local-admin.ts";

/** An API token of the local admin, for whoever can reach the database: `maestro token`. */
export async function issueLocalToken(
  deps: Pick<Deps, "db">,
  input: TokenInput,
): Promise<IssuedToken> {
  return createToken(deps, await ensureLocalAdmin(deps), input);
}
