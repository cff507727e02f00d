import { findApiToken, markApiTokenUsed } from "../../db/tokens.ts";
import { markSeen, selectSessionUser } from "../../db/users.ts";
import { sha256 } from "../../support/crypto.ts";
import type { Deps } from "../deps.ts";
import type { Principal } from "./principal.ts";
import { decodeSession } from "./session-cookie.ts";

/**
 * Who a request is from. A token outweighs a cookie: whoever sends one means it. Credentials that
 * are not accepted make the request anonymous, with the reason.
 */
export async function authenticateRequest(
  deps: Pick<Deps, "db" | "secretBox">,
  credentials: { token: string | null; sessionCookie: string | null },
): Promise<Principal> {
  const { token, sessionCookie } = credentials;
  if (token !== null) return authenticateToken(deps, token);
  if (sessionCookie === null) return { kind: "anonymous", refusal: null };
  const session = await decodeSession(deps, sessionCookie);
  const user = session === null ? null : await selectSessionUser(deps.db, session);
  if (!user) return { kind: "anonymous", refusal: "the session has ended: sign in again" };
  if (user.state !== "enabled") {
    const { email } = user.me;
    const why = { waiting: "no admin has enabled it yet", disabled: "an admin has disabled it" };
    return { kind: "anonymous", refusal: `${email} may not come in: ${why[user.state]}` };
  }
  if (user.stale) await markSeen(deps.db, user.me.id);
  return { kind: "session", user: user.me };
}

async function authenticateToken(deps: Pick<Deps, "db">, text: string): Promise<Principal> {
  const found = await findApiToken(deps.db, sha256(text));
  if (!found || found.revoked) {
    return { kind: "anonymous", refusal: "this API token is not known here, or was revoked" };
  }
  if (found.expired) {
    return { kind: "anonymous", refusal: "this API token has expired: make a new one" };
  }
  const { user } = found;
  if (!user) return { kind: "anonymous", refusal: "the user of this API token is disabled" };
  if (found.stale) await markApiTokenUsed(deps.db, found.id);
  const { id: tokenId, scopes, expiresAt } = found;
  return { kind: "token", user, scopes, tokenId, expiresAt };
}
