import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";
import { authenticateRequest } from "../../services/access/authenticate-request.ts";
import type { Principal } from "../../services/access/principal.ts";
import { redeemSignInToken } from "../../services/access/redeem-sign-in-token.ts";
import { encodeSession, sessionSeconds } from "../../services/access/session-cookie.ts";
import type { Deps } from "../../services/deps.ts";

/**
 * Cookies are the host's, whatever the port: the installation's id lets several Maestros of one
 * machine be signed in to at once. Over https the cookie is bound to this very host; plain http
 * knows no such names.
 */
export function sessionCookieName(instanceId: string, secure: boolean): string {
  return `${secure ? "__Host-" : ""}maestro_session_${instanceId}`;
}

/** Who a request is from: `X-Api-Token`, `Authorization: Bearer`, or the session's cookie. */
export function principalOf(
  deps: Pick<Deps, "db" | "secretBox" | "instanceId">,
  request: FastifyRequest,
  secureCookies: boolean,
): Promise<Principal> {
  const header = request.headers["x-api-token"];
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = (Array.isArray(header) ? header[0] : header) ?? bearer ?? null;
  const sessionCookie = request.cookies[sessionCookieName(deps.instanceId, secureCookies)] ?? null;
  return authenticateRequest(deps, { token, sessionCookie });
}

/** One-time sign-in by link, and sign-out. */
export function serveAuth(server: FastifyInstance, deps: Deps, secureCookies: boolean): void {
  const cookieName = sessionCookieName(deps.instanceId, secureCookies);
  const cookie = { path: "/", httpOnly: true, sameSite: "lax", secure: secureCookies } as const;
  const toApp = (reply: FastifyReply) =>
    reply.header("cache-control", "no-store").redirect("/", 303);

  // HEAD would spend the link as well, for whoever only looks whether it is there.
  server.get<{ Querystring: { token?: string } }>(
    "/auth/token",
    { exposeHeadRoute: false, config: { policy: "public" } },
    async (request, reply) => {
      const { token } = request.query;
      const purpose = `${request.headers["sec-purpose"] ?? ""}`;
      if (purpose.includes("prefetch")) {
        // The browser guesses that its user will come here; the link must last until they do.
        return reply.code(503).send();
      }
      if (typeof token !== "string" || token === "") {
        throw new MaestroError("invalidInput", "the sign-in link is cut off: copy it whole", {
          field: "token",
        });
      }
      try {
        const me = await redeemSignInToken(deps, token);
        void reply.setCookie(cookieName, await encodeSession(deps, me.id), {
          ...cookie,
          maxAge: sessionSeconds,
        });
      } catch (error) {
        // Opened again by someone whom it signed in before: they are where they want to be. Other
        // people find the app's own page there, which says how to sign in.
        const principal = await principalOf(deps, request, secureCookies);
        const isSpent = error instanceof MaestroError && error.code === "unauthenticated";
        const isPage = request.headers.accept?.includes("text/html") ?? false;
        if (principal.kind !== "session" && !(isSpent && isPage)) throw error;
      }
      return toApp(reply);
    },
  );

  server.post("/auth/sign-out", { config: { policy: "public" } }, async (_request, reply) => {
    void reply.clearCookie(cookieName, cookie);
    return toApp(reply);
  });
}
