import { insertEndedSession } from "../../db/sessions.ts";
import type { Deps } from "../deps.ts";
import { decodeSession } from "./session-cookie.ts";

/** Ends the session of a cookie, wherever the cookie may have been copied to. */
export async function endSession(
  deps: Pick<Deps, "db" | "secretBox">,
  cookie: string,
): Promise<void> {
  const session = await decodeSession(deps, cookie);
  if (session) await insertEndedSession(deps.db, session);
}
