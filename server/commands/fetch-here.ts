import { MaestroError } from "../../shared/errors.ts";

/**
 * A fetch that follows no redirect: what it carries, a token above all, is for the server that was named and
 * for nobody whom that one names. Throws `configuration`, with the address that it was sent to.
 */
export async function fetchHere(
  address: string | URL | Request,
  init: RequestInit,
): Promise<Response> {
  const response = await fetch(address, { ...init, redirect: "manual" });
  const location = response.headers.get("location");
  if (response.status < 300 || response.status >= 400 || location === null) return response;
  await response.body?.cancel();
  const from = new URL(address instanceof Request ? address.url : address);
  const to = URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  const named = to === null ? "no address" : `${to.origin}${to.pathname}`;
  throw new MaestroError(
    "configuration",
    `${from.origin}${from.pathname} redirects to ${named}, and no token is sent after it: give Maestro's own address, in --url or MAESTRO_URL`,
  );
}
