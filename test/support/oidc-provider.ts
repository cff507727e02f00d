import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { interactionPolicy } from "oidc-provider";

/** A real OpenID provider, where whoever is named signs in without a password. */
export interface TestProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Of these addresses it says that they are not verified. */
  unverified: Set<string>;
  /** The addresses of accounts that are named otherwise. */
  addresses: Map<string, string>;
  close(): Promise<void>;
}

const clientId = "maestro-client";
const clientSecret = "planted-client-secret-0123456789";

/**
 * Somebody is named by `login_hint`, or clicks on one of `people` on its page. As Google's, it puts
 * the e-mail address into the ID token.
 */
export async function startOidcProvider(options: {
  redirectUris: string[];
  people?: string[];
}): Promise<TestProvider> {
  const unverified = new Set<string>();
  const addresses = new Map<string, string>();
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = createProvider(issuer, options.redirectUris, { unverified, addresses });
  const handle = provider.callback();
  server.on("request", (request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    if (!url.pathname.startsWith("/interaction/")) return void handle(request, response);
    void answerInteraction().catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
    async function answerInteraction(): Promise<void> {
      const details = await provider.interactionDetails(request, response);
      const chosen = url.searchParams.get("as") ?? details.params["login_hint"];
      if (typeof chosen !== "string") {
        response.setHeader("content-type", "text/html");
        const links = (options.people ?? []).map(
          (email) => `<p><a href="?as=${encodeURIComponent(email)}">${email}</a></p>`,
        );
        response.end(`<h1>Choose an account</h1>${links.join("")}`);
        return;
      }
      const result =
        chosen === "nobody"
          ? { error: "access_denied", error_description: "the person said no" }
          : { select_account: {}, login: { accountId: chosen } };
      await provider.interactionFinished(request, response, result);
    }
  });
  return {
    issuer,
    clientId,
    clientSecret,
    unverified,
    addresses,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createProvider(
  issuer: string,
  redirectUris: string[],
  { unverified, addresses }: Pick<TestProvider, "unverified" | "addresses">,
): Provider {
  const policy = interactionPolicy.base();
  policy.add(new interactionPolicy.Prompt({ name: "select_account", requestable: true }), 0);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: ["a key of the tests"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: false,
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { policy, url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: addresses.get(id) ?? id,
        email_verified: !unverified.has(id),
        name: id.split("@")[0] ?? id,
      }),
    }),
    async loadExistingGrant(context) {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        clientId: client?.clientId ?? "",
        accountId: session?.accountId ?? "",
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
}
