import { AsyncLocalStorage } from "node:async_hooks";
import { createRequire } from "node:module";
import type { AuthOptions, LoggerInstance } from "next-auth";
import type { SignInRefusal } from "../../shared/sign-in.ts";
import type { AllowedPlaces } from "../support/outbound-address.ts";
import { refusalOf } from "./google-oauth-faults.ts";
import { guardedAgent } from "./guarded-connection.ts";

/*
 * Signing in through an OpenID provider (Google's, or the one that the settings name) as next-auth
 * does it: authorization code flow with PKCE, state and nonce, each kept in an encrypted cookie of
 * its own for 15 minutes.
 *
 * csrf      a token and its cookie, which `signin` wants together
 * signin    sets the three cookies, answers the provider's address
 * callback  holds what the provider sent back against the cookies, exchanges the code, checks the
 *           ID token, asks `admit`, and sets the session's cookie
 *
 * next-auth is written for Next's handlers. It runs here on what little of them it uses: a request
 * that is read already, and an answer that is written down.
 */

export interface OauthProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Where the issuer may be though it is not public. */
  allowed: AllowedPlaces;
}

export interface OauthIdentity {
  /** The issuer's own name of the person, which outlives their address. */
  subject: string;
  email: string;
  emailVerified: boolean;
  name: string;
}

export interface OauthSurroundings {
  provider: OauthProvider;
  /** Of the web app as browsers see it. */
  origin: string;
  /** Signs and encrypts the cookies of a sign-in under way. */
  secret: string;
  /** Names the cookies, which all ports of a host share. */
  instanceId: string;
  session: { cookieName: string; seconds: number; encode(userId: number): Promise<string> };
  /** Answers the user's id, or why they may not sign in. */
  admit(identity: OauthIdentity): Promise<{ userId: number } | { refusal: SignInRefusal }>;
}

export interface OauthRequest {
  action: "csrf" | "signin" | "callback";
  query: Record<string, string>;
  body: Record<string, unknown>;
  cookies: Record<string, string | undefined>;
}

export interface OauthAnswer {
  /** `Set-Cookie` headers. */
  cookies: string[];
  /** Where the browser goes on to; null where `body` is the answer. */
  redirect: string | null;
  body: unknown;
  /** With what the provider or the library said; no token or code is in it. */
  refused: { refusal: SignInRefusal; why: string } | null;
}

const require = createRequire(import.meta.url);
const providerId = "google";
const timeoutMs = 8_000;

/** next-auth has one logger for all requests, and tells by it alone what went wrong. */
const faults = new AsyncLocalStorage<unknown[]>();
const logger: LoggerInstance = {
  error: (_code, fault) => void faults.getStore()?.push(fault),
  warn: () => undefined,
  debug: () => undefined,
};

export async function answerOauth(
  surroundings: OauthSurroundings,
  request: OauthRequest,
): Promise<OauthAnswer> {
  // Read when somebody first signs in: it would slow down every start.
  const { default: nextAuth } = require("next-auth") as typeof import("next-auth");
  // biome-ignore lint/style/noProcessEnv: next-auth reads there whether the headers may name the origin, which are ours
  process.env["AUTH_TRUST_HOST"] = "true";
  const { protocol, host } = new URL(surroundings.origin);
  const seen: unknown[] = [];
  const outcome: Outcome = { refusal: null, thrown: null };
  const response = recordResponse();
  const nextRequest = {
    method: request.action === "signin" ? "POST" : "GET",
    headers: { host, "x-forwarded-proto": protocol.slice(0, -1) },
    cookies: request.cookies,
    query: { ...request.query, nextauth: [request.action, providerId] },
    body: { ...request.body, json: "true" },
  };
  await faults.run(seen, () =>
    nextAuth(nextRequest, response.handle, optionsFor(surroundings, outcome)),
  );
  if (outcome.thrown) throw outcome.thrown.error;
  const { cookies, redirect, body } = response.written();
  const refused = outcome.refusal
    ? { refusal: outcome.refusal, why: outcome.refusal }
    : (seen.map(refusalOf).at(-1) ?? unexplained(surroundings, redirect));
  // next-auth leaves them where a callback fails; what they hold has been used.
  const spent = refused && request.action === "callback" ? spentCookies(surroundings) : [];
  return { cookies: [...cookies, ...spent], redirect, body, refused };
}

/** What `admit` said; next-auth would put an error's message into the address of a page. */
interface Outcome {
  refusal: SignInRefusal | null;
  thrown: { error: unknown } | null;
}

/** Its own pages, which are not served here, are where it goes on to when a token of `csrf` is missing. */
function unexplained({ origin }: OauthSurroundings, redirect: string | null) {
  if (!redirect?.startsWith(`${origin}/api/auth/`)) return null;
  return { refusal: "interrupted", why: "the sign-in began without this page" } as const;
}

function optionsFor(
  { provider, origin, secret, instanceId, session, admit }: OauthSurroundings,
  outcome: Outcome,
): AuthOptions {
  return {
    secret,
    logger,
    providers: [
      {
        id: providerId,
        name: "Google",
        type: "oauth",
        wellKnown: `${provider.issuer}/.well-known/openid-configuration`,
        clientId: provider.clientId,
        clientSecret: provider.clientSecret,
        authorization: { params: { scope: "openid email profile", prompt: "select_account" } },
        idToken: true,
        checks: ["pkce", "state", "nonce"],
        httpOptions: {
          timeout: timeoutMs,
          agent: guardedAgent(new URL(provider.issuer).protocol, provider.allowed),
        },
        profile: ({ sub, email, name }) => ({ id: sub, email, name }),
      },
    ],
    cookies: cookieOptions(session.cookieName, instanceId, origin.startsWith("https:")),
    session: { strategy: "jwt", maxAge: session.seconds },
    jwt: { encode: ({ token }) => session.encode(Number(token?.sub)) },
    callbacks: {
      async signIn({ user, profile = {} }) {
        try {
          const admitted = await admit(identityOf(profile));
          if ("refusal" in admitted) {
            outcome.refusal = admitted.refusal;
            return false;
          }
          // What the session is made of.
          user.id = String(admitted.userId);
          return true;
        } catch (error) {
          outcome.thrown = { error };
          return false;
        }
      },
      redirect({ url }) {
        const target = URL.canParse(url, origin) ? new URL(url, origin) : null;
        return target?.origin === origin ? target.href : origin;
      },
    },
  };
}

function identityOf(profile: object): OauthIdentity {
  const claims = profile as Record<string, unknown>;
  const { sub, email, name, email_verified: verified } = claims;
  return {
    subject: typeof sub === "string" ? sub : "",
    email: typeof email === "string" ? email.trim() : "",
    emailVerified: verified === true,
    name: typeof name === "string" ? name : "",
  };
}

function cookieOptions(sessionName: string, instanceId: string, secure: boolean) {
  const options = { httpOnly: true, sameSite: "lax", path: "/", secure } as const;
  const own = (name: string) => ({
    name: `${secure ? "__Host-" : ""}maestro_${name}_${instanceId}`,
    options: { ...options, maxAge: 900 },
  });
  return {
    sessionToken: { name: sessionName, options },
    csrfToken: own("csrf"),
    callbackUrl: own("return"),
    pkceCodeVerifier: own("pkce"),
    state: own("state"),
    nonce: own("nonce"),
  };
}

function spentCookies({ origin, session, instanceId }: OauthSurroundings): string[] {
  const secure = origin.startsWith("https:");
  const { pkceCodeVerifier, state, nonce } = cookieOptions(session.cookieName, instanceId, secure);
  return [pkceCodeVerifier, state, nonce].map(
    ({ name }) => `${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
  );
}

/** What next-auth uses of an answer of Next's. */
function recordResponse() {
  let body: unknown = null;
  const headers = new Map<string, unknown>();
  const write = (value: unknown) => {
    body = value;
  };
  const handle = {
    status: () => handle,
    getHeader: (name: string) => headers.get(name.toLowerCase()),
    setHeader(name: string, value: unknown) {
      headers.set(name.toLowerCase(), value);
      return handle;
    },
    json: write,
    send: write,
    end: () => undefined,
  };
  return {
    handle,
    written() {
      const cookies = (headers.get("set-cookie") ?? []) as string[];
      const url = (body as { url?: unknown } | null)?.url;
      return { cookies, body, redirect: typeof url === "string" ? url : null };
    },
  };
}
