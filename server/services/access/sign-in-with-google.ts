import { MaestroError } from "../../../shared/errors.ts";
import { keptText } from "../../../shared/text.ts";
import {
  answerOauth,
  type OauthAnswer,
  type OauthIdentity,
  type OauthRequest,
} from "../../connectors/google-oauth.ts";
import type { Deps } from "../deps.ts";
import { admitUser } from "./admit-user.ts";
import { readOauthClient } from "./oauth-client.ts";
import { encodeSession, sessionSeconds } from "./session-cookie.ts";

const addressSchema = keptText()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/);
const nameSchema = keptText().max(200);

export interface SignInPlace {
  /** Of the web app as this browser sees it, for where the settings name none. */
  origin: string;
  sessionCookieName(secure: boolean): string;
  /** One-time links sign the local admin in. */
  links: boolean;
}

/**
 * One step of a sign-in through Google, with the OAuth client as it is set now. Throws `notSupported`
 * where none is set up.
 */
export async function signInWithGoogle(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings" | "instanceId" | "log">,
  place: SignInPlace,
  request: OauthRequest,
): Promise<OauthAnswer> {
  const client = await readOauthClient(deps);
  if (!client) {
    throw new MaestroError("notSupported", "signing in with Google is not set up here");
  }
  const origin = client.publicUrl ?? place.origin;
  const answer = await answerOauth(
    {
      provider: client,
      origin,
      secret: deps.secretBox.derive("sign-in").toString("base64url"),
      instanceId: deps.instanceId,
      session: {
        cookieName: place.sessionCookieName(origin.startsWith("https:")),
        seconds: sessionSeconds,
        encode: (userId) => encodeSession(deps, userId),
      },
      admit: (identity) => admit(deps, identity, client.domains, place.links),
    },
    request,
  );
  if (answer.refused) deps.log.warn(answer.refused, "a sign-in through Google was refused");
  return answer;
}

/**
 * Google's `hd` claim names an account's main domain alone; the address itself, which Google vouches
 * for, is what counts.
 */
async function admit(
  deps: Pick<Deps, "db">,
  { email, emailVerified, name }: OauthIdentity,
  domains: readonly string[],
  localAdminSignsIn: boolean,
): Promise<{ userId: number } | { refusal: "unverified" | "wrongDomain" }> {
  if (!emailVerified || !addressSchema.safeParse(email).success) return { refusal: "unverified" };
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  if (!domains.includes(domain)) return { refusal: "wrongDomain" };
  const kept = { email, name: nameSchema.safeParse(name).data ?? "" };
  return { userId: await admitUser(deps, kept, { localAdminSignsIn }) };
}
