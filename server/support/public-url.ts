/** What of an address that browsers are to come to a server has an answer for. */
export interface AnsweredAddresses {
  httpsOnly: boolean;
  /** Host names; null: any. */
  hosts: readonly string[] | null;
}

/** Why nobody could reach the server at this address (an origin); null where somebody can. */
export function publicUrlFault(
  url: string,
  { httpsOnly, hosts }: AnsweredAddresses,
): string | null {
  const { protocol, hostname } = new URL(url);
  if (httpsOnly && protocol !== "https:") {
    return `${url} is plain http, and this server is reached over https alone (-force-ssl): begin it with https://`;
  }
  if (hosts === null || hosts.includes(hostname.toLowerCase())) return null;
  return `this server does not answer for ${hostname}: MAESTRO_ALLOWED_HOSTS names ${hosts.join(", ")}; add it there, or enter one of these`;
}
