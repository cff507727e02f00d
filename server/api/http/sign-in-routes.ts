import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";
import { redirectPath, type SignInRefusal, setupInputSchema } from "../../../shared/sign-in.ts";
import { setUpSignIn } from "../../services/access/boot-token.ts";
import { describeSignIn } from "../../services/access/describe-sign-in.ts";
import { type SignInPlace, signInWithGoogle } from "../../services/access/sign-in-with-google.ts";
import type { Deps } from "../../services/deps.ts";
import { checkPublicUrl } from "../../services/settings/check-settings.ts";
import { createAttemptLimit } from "../../support/attempt-limit.ts";
import type { AuthOptions } from "./auth-routes.ts";
import { sessionCookieName, sessionCookieOf } from "./session-request.ts";

/** Each is for those who are not signed in yet. */
const open = { config: { policy: "public" } } as const;

type Query = { Querystring: Record<string, string> };

/**
 * What the page for those who are not signed in works with: how one can sign in, the first run's form,
 * and the steps of a sign-in through Google. Whatever goes wrong on the way leads back to that page,
 * which says what to do.
 */
export function serveSignIn(server: FastifyInstance, deps: Deps, options: AuthOptions): void {
  const wrongTokens = createAttemptLimit({ attempts: 5, windowSeconds: 60, now: deps.now });
  const placeOf = (request: FastifyRequest): SignInPlace => ({
    origin: `${options.secureCookies ? "https" : request.protocol}://${request.host}`,
    sessionCookieName: (secure) => sessionCookieName(deps.instanceId, secure),
    links: options.signInLinks,
  });

  server.addHook("onRequest", async (request, reply) => {
    if (/^\/(api\/)?auth\//.test(request.routeOptions.url ?? ""))
      void reply.header("cache-control", "no-store");
  });

  server.get("/auth/state", open, (request) =>
    describeSignIn(deps, {
      links: options.signInLinks,
      sessionCookie: sessionCookieOf(deps, request, options.secureCookies),
    }),
  );

  server.post("/auth/setup", open, async (request) => {
    const address = normalizeIP(request.ip);
    const wait = wrongTokens.waitSeconds(address);
    if (wait > 0) {
      const message = `too many wrong boot tokens: try again in ${wait} seconds`;
      throw new MaestroError("rateLimited", message, { retryAfterMs: wait * 1_000 });
    }
    const input = setupInputSchema.safeParse(request.body);
    if (!input.success) throw invalid(input.error.issues[0]);
    if (deps.givenSettings["web.publicUrl"] === undefined) {
      checkPublicUrl(options.answered, input.data.publicUrl);
    }
    try {
      await setUpSignIn(deps, input.data);
    } catch (error) {
      const isWrong = error instanceof MaestroError && error.code === "unauthenticated";
      if (isWrong) wrongTokens.failed(address);
      throw error;
    }
    deps.log.info("signing in with Google was set up with the boot token");
    return { ok: true };
  });

  const step = async (
    action: "csrf" | "signin" | "callback",
    request: FastifyRequest,
    reply: FastifyReply,
  ) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const query = action === "callback" ? (request.query as Record<string, string>) : {};
    const { cookies } = request;
    const answer = await signInWithGoogle(deps, placeOf(request), { action, query, body, cookies });
    void reply.header("set-cookie", answer.cookies);
    return answer;
  };

  server.get(
    "/api/auth/csrf",
    open,
    async (request, reply) => (await step("csrf", request, reply)).body,
  );
  server.post("/api/auth/signin/google", open, async (request, reply) => {
    const { redirect, refused } = await step("signin", request, reply);
    return { url: refused ? refusalPage(refused.refusal) : redirect };
  });
  // HEAD would spend the code as well.
  server.get<Query>(redirectPath, { ...open, exposeHeadRoute: false }, async (request, reply) => {
    const { redirect, refused } = await step("callback", request, reply).catch((error: unknown) => {
      if (error instanceof MaestroError && error.code === "notSupported") return notSetUp;
      throw error;
    });
    return reply.redirect(refused ? refusalPage(refused.refusal) : (redirect ?? "/"), 303);
  });
}

const notSetUp = { redirect: null, refused: { refusal: "notSetUp" } } as const;

function refusalPage(refusal: SignInRefusal): string {
  return `/sign-in?refused=${refusal}`;
}

function invalid(issue: { path: PropertyKey[]; message: string } | undefined): MaestroError {
  const field = String(issue?.path[0] ?? "");
  return new MaestroError("invalidInput", `${field}: ${issue?.message}`, { field });
}
