import type { FastifyInstance, FastifyReply } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";
import { endSession } from "../../services/access/end-session.ts";
import { redeemSignInToken } from "../../services/access/redeem-sign-in-token.ts";
import { encodeSession } from "../../services/access/session-cookie.ts";
import type { Deps } from "../../services/deps.ts";
import type { AnsweredAddresses } from "../../support/public-url.ts";
import { clearSession, principalOf, sessionCookieOf, setSession } from "./session-request.ts";

export interface AuthOptions {
  /** True where users come over https whatever the requests say: the cookie is then marked so. */
  secureCookies: boolean;
  /** One-time links sign the local admin in. */
  signInLinks: boolean;
  answered: AnsweredAddresses;
}

const linksAreOff =
  "sign-in links are off, as this server listens on a network: sign in with Google, or start it with MAESTRO_SIGN_IN_LINKS=on";

function tokenOf({ token }: { token?: unknown }): string {
  if (typeof token === "string" && token !== "") return token;
  throw new MaestroError("invalidInput", "the sign-in link is cut off: copy it whole", {
    field: "token",
  });
}

/** One-time sign-in by link, and sign-out. */
export function serveAuth(server: FastifyInstance, deps: Deps, options: AuthOptions): void {
  const toApp = (reply: FastifyReply) =>
    reply.header("cache-control", "no-store").redirect("/", 303);

  // HEAD would spend the link as well, for whoever only looks whether it is there.
  server.get<{ Querystring: { token?: string } }>(
    "/auth/token",
    { exposeHeadRoute: false, config: { policy: "public" } },
    async (request, reply) => {
      if (!options.signInLinks) throw new MaestroError("forbidden", linksAreOff);
      const purpose = `${request.headers["sec-purpose"] ?? ""}`;
      if (purpose.includes("prefetch")) {
        // The browser guesses that its user will come here; the link must last until they do.
        return reply.code(503).send();
      }
      const token = tokenOf(request.query);
      const secure = options.secureCookies || request.protocol === "https";
      try {
        const me = await redeemSignInToken(deps, token);
        setSession(reply, deps, await encodeSession(deps, me.id), secure);
      } catch (error) {
        // Opened again by someone whom it signed in before: they are where they want to be. Other
        // people find the app's own page there, which says how to sign in.
        const principal = await principalOf(deps, request, options.secureCookies);
        const isSpent = error instanceof MaestroError && error.code === "unauthenticated";
        const isPage = request.headers.accept?.includes("text/html") ?? false;
        if (principal.kind !== "session" && !(isSpent && isPage)) throw error;
      }
      return toApp(reply);
    },
  );

  server.post("/auth/sign-out", { config: { policy: "public" } }, async (request, reply) => {
    const cookie = sessionCookieOf(deps, request, options.secureCookies);
    if (cookie !== null) await endSession(deps, cookie);
    clearSession(reply, deps);
    return toApp(reply);
  });
}
