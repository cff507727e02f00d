import { MaestroError } from "../../../shared/errors.ts";
import type { SignInRefusal } from "../../../shared/sign-in.ts";
import { keptText } from "../../../shared/text.ts";
import {
  answerOauth,
  type OauthAnswer,
  type OauthIdentity,
  type OauthRequest,
} from "../../connectors/google-oauth.ts";
import { recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { admitUser } from "./admit-user.ts";
import { type OauthClient, readOauthClient } from "./oauth-client.ts";
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
      admit: async (identity) => {
        const admitted = await admit(deps, identity, client, place.links);
        if ("refusal" in admitted) await recordRefusal(deps, identity.email, admitted.refusal);
        return admitted;
      },
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
  { email, emailVerified, name, subject }: OauthIdentity,
  { issuer, domains }: Pick<OauthClient, "issuer" | "domains">,
  localAdminSignsIn: boolean,
): Promise<{ userId: number } | { refusal: "unverified" | "wrongDomain" | "otherPerson" }> {
  if (!emailVerified || !addressSchema.safeParse(email).success) return { refusal: "unverified" };
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  if (!domains.includes(domain)) return { refusal: "wrongDomain" };
  const visitor = { issuer, subject, email, name: nameSchema.safeParse(name).data ?? "" };
  const userId = await admitUser(deps, visitor, { localAdminSignsIn });
  return userId === null ? { refusal: "otherPerson" } : { userId };
}

/** Of a person whom the provider has named: what anybody can send without one would flood the log. */
async function recordRefusal(
  deps: Pick<Deps, "db">,
  email: string,
  refusal: SignInRefusal,
): Promise<void> {
  const shown = addressSchema.safeParse(email).data ?? "no e-mail address";
  const actor = { userId: null, name: shown };
  const detail = { email: shown, refusal };
  const subject = { subjectKind: "user", subjectId: null };
  await recordChange(deps.db, actor, { action: "signIn.refused", ...subject, detail });
}
