import { decode, encode } from "next-auth/jwt";
import type { Deps } from "../deps.ts";

/*
 * A session is a JWT in a cookie, made as next-auth makes it (encrypted, A256GCM). It names the user
 * and itself, and nothing else: rights are read from the database at each request, so that a user who
 * is disabled, or no longer an admin, is so at once. It ends after `sessionSeconds`, when it is signed
 * out of (services/access/end-session), and with the secret: whoever knows the one before could make
 * sessions of anybody, so none made under it is taken, and people sign in again.
 */

export const sessionSeconds = 7 * 86_400;

export interface Session {
  userId: number;
  sessionId: string;
  /** To the second. */
  issuedAt: Date;
  expiresAt: Date;
}

/** The cookie's value for a user who has just signed in. */
export function encodeSession(deps: Pick<Deps, "secretBox">, userId: number): Promise<string> {
  return encode({
    token: { sub: String(userId) },
    secret: deps.secretBox.derive("session"),
    maxAge: sessionSeconds,
  });
}

/** The session of a cookie; null where it is forged, damaged or has expired. */
export async function decodeSession(
  deps: Pick<Deps, "secretBox">,
  cookie: string,
): Promise<Session | null> {
  if (!cookie.split(".").every(isCanonical)) return null;
  try {
    const token = await decode({ token: cookie, secret: deps.secretBox.derive("session") });
    const userId = Number(token?.sub);
    const { jti, exp } = token ?? {};
    if (!Number.isSafeInteger(userId) || userId <= 0) return null;
    if (typeof jti !== "string" || typeof exp !== "number") return null;
    const issuedAt = new Date((exp - sessionSeconds) * 1_000);
    return { userId, sessionId: jti, issuedAt, expiresAt: new Date(exp * 1_000) };
  } catch {
    return null;
  }
}

/** No byte needs all bits of the last character: set otherwise, they would make a second cookie of a session. */
function isCanonical(base64url: string): boolean {
  return Buffer.from(base64url, "base64url").toString("base64url") === base64url;
}
