import { insertSignInToken } from "../../db/tokens.ts";
import { randomToken, sha256 } from "../../support/crypto.ts";
import type { Deps } from "../deps.ts";
import { ensureLocalAdmin } from "./ensure-local-admin.ts";

/**
 * The token of a link that signs the local admin in once: `/auth/token?token=…`. Only its hash is
 * stored, so that any process on this machine that has the database can issue one.
 */
export async function issueSignInToken(
  deps: Pick<Deps, "db">,
  lifetimeSeconds = 86_400,
): Promise<string> {
  const admin = await ensureLocalAdmin(deps);
  const token = randomToken();
  const tokenSha256 = sha256(token);
  await insertSignInToken(deps.db, { userId: admin.id, tokenSha256, lifetimeSeconds });
  return token;
}
