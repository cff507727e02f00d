import type { FastifyReply, FastifyRequest } from "fastify";
import { authenticateRequest } from "../../services/access/authenticate-request.ts";
import type { Principal } from "../../services/access/principal.ts";
import { sessionSeconds } from "../../services/access/session-cookie.ts";
import type { Deps } from "../../services/deps.ts";

/**
 * Cookies are the host's, whatever the port: the installation's id lets several Maestros of one
 * machine be signed in to at once. Over https the cookie is bound to this very host; plain http
 * knows no such names.
 */
export function sessionCookieName(instanceId: string, secure: boolean): string {
  return `${secure ? "__Host-" : ""}maestro_session_${instanceId}`;
}

/**
 * The session's cookie. Where the browser is known to come over https no other than the bound one
 * counts: a page of a neighbouring host could have set it. A proxy that ends https may not say so:
 * then the bound one comes first.
 */
export function sessionCookieOf(
  deps: Pick<Deps, "instanceId">,
  request: FastifyRequest,
  secureCookies: boolean,
): string | null {
  const bound = request.cookies[sessionCookieName(deps.instanceId, true)];
  if (secureCookies || request.protocol === "https") return bound ?? null;
  return bound ?? request.cookies[sessionCookieName(deps.instanceId, false)] ?? null;
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
  const sessionCookie = sessionCookieOf(deps, request, secureCookies);
  return authenticateRequest(deps, { token, sessionCookie });
}

const options = { path: "/", httpOnly: true, sameSite: "lax" } as const;

export function setSession(
  reply: FastifyReply,
  deps: Pick<Deps, "instanceId">,
  value: string,
  secure: boolean,
): void {
  const name = sessionCookieName(deps.instanceId, secure);
  void reply.setCookie(name, value, { ...options, secure, maxAge: sessionSeconds });
}

export function clearSession(reply: FastifyReply, deps: Pick<Deps, "instanceId">): void {
  for (const secure of [false, true]) {
    void reply.clearCookie(sessionCookieName(deps.instanceId, secure), { ...options, secure });
  }
}
