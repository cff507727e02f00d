import { insertEndedSession } from "../../db/sessions.ts";
import { selectSessionUser } from "../../db/users.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { decodeSession } from "./session-cookie.ts";

/** Ends the session of a cookie, wherever the cookie may have been copied to. */
export async function endSession(
  deps: Pick<Deps, "db" | "secretBox">,
  cookie: string,
): Promise<void> {
  const session = await decodeSession(deps, cookie);
  if (!session) return;
  await deps.db.transaction(async (tx) => {
    const user = await selectSessionUser(tx, session);
    await insertEndedSession(tx, session);
    if (!user) return;
    const { id, email } = user.me;
    const actor = { userId: id, name: email };
    await recordChange(tx, actor, { action: "signOut", subjectKind: "user", subjectId: id });
  });
}
