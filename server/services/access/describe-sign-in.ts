import type { SignInState } from "../../../shared/sign-in.ts";
import { selectSessionUser } from "../../db/users.ts";
import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";
import { isSetupOpen } from "./boot-token.ts";
import { readOauthClient } from "./oauth-client.ts";
import { decodeSession } from "./session-cookie.ts";

/** How whoever has this cookie, or none, can sign in. */
export async function describeSignIn(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
  options: { links: boolean; sessionCookie: string | null },
): Promise<SignInState> {
  const client = await readOauthClient(deps);
  const { "web.publicUrl": publicUrl } = await readSettings(deps, ["web.publicUrl"]);
  const session = options.sessionCookie && (await decodeSession(deps, options.sessionCookie));
  const user = session ? await selectSessionUser(deps.db, session) : null;
  return {
    google: client !== null,
    link: options.links,
    needsSetup: client === null && !options.links,
    canCorrect: client !== null && !options.links && (await isSetupOpen(deps)),
    publicUrl,
    waiting: user?.state === "waiting" ? { email: user.me.email } : null,
    disabled: user?.state === "disabled" ? { email: user.me.email } : null,
  };
}
