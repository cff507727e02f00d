import type { Deps } from "../deps.ts";
import { readSettings } from "../settings/read-settings.ts";

/** What people sign in through. */
export interface OauthClient {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Of the e-mail addresses that may sign in. */
  domains: string[];
  /** Where the issuer may be though it is not public. */
  allowed: string[];
  /** Null: wherever the web app was opened. */
  publicUrl: string | null;
}

/** The OAuth client as it is set now; null where one of its parts is missing. */
export async function readOauthClient(
  deps: Pick<Deps, "db" | "secretBox" | "givenSettings">,
): Promise<OauthClient | null> {
  const values = await readSettings(deps, [
    "oauth.issuer",
    "oauth.clientId",
    "oauth.clientSecret",
    "oauth.domains",
    "web.publicUrl",
    "network.allowed",
  ]);
  const { "oauth.issuer": issuer, "oauth.clientId": clientId } = values;
  const { "oauth.clientSecret": clientSecret, "oauth.domains": domains } = values;
  if (!issuer || !clientId || !clientSecret || !domains) return null;
  const { "network.allowed": allowed, "web.publicUrl": publicUrl } = values;
  return { issuer, clientId, clientSecret, domains, allowed: allowed ?? [], publicUrl };
}
