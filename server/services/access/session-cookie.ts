import { decode, encode } from "next-auth/jwt";
import type { Deps } from "../deps.ts";

/*
 * A session is a JWT in a cookie, made as next-auth makes it (encrypted, A256GCM). It names the user
 * and nothing else: rights are read from the database at each request, so that a user who is
 * disabled, or no longer an admin, is so at once.
 */

export const sessionSeconds = 7 * 86_400;

/** The cookie's value for a user who has just signed in. */
export function encodeSession(deps: Pick<Deps, "secretBox">, userId: number): Promise<string> {
  return encode({
    token: { sub: String(userId) },
    secret: deps.secretBox.derive("session"),
    maxAge: sessionSeconds,
  });
}

/** The user that a cookie names; null where it is forged, damaged or has expired. */
export async function decodeSession(
  deps: Pick<Deps, "secretBox">,
  cookie: string,
): Promise<number | null> {
  try {
    const token = await decode({ token: cookie, secret: deps.secretBox.derive("session") });
    const id = Number(token?.sub);
    return Number.isSafeInteger(id) && id > 0 ? id : null;
  } catch {
    return null;
  }
}
