import type { FastifyInstance, FastifyRequest } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

/**
 * Which `Host` headers are answered. `loopback`: names of this machine's loopback alone, on any
 * port, so that a foreign name that is made to resolve to 127.0.0.1 (DNS rebinding) reaches nothing.
 * A list: these names and the loopback's. `any`: whatever is asked, behind a proxy that checks.
 */
export type AllowedHosts = "loopback" | "any" | readonly string[];

export const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** On a network, probes name an address or nothing. */
const probed = new Set(["/healthz", "/readyz"]);
/** TRACE, and whatever else nothing here is for. */
const knownMethods = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]);
const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses, before any route: foreign hosts; and changes that a page of another origin sends with the
 * visitor's cookie. Browsers name the origin on every such request; a program that sends a token and
 * no cookie needs none.
 */
export function guardRequests(server: FastifyInstance, allowedHosts: AllowedHosts): void {
  server.addHook("onRequest", async (request) => {
    if (!isProbe(request, allowedHosts) && !hostAllowed(request.host, allowedHosts)) {
      throw new MaestroError(
        "forbidden",
        `this server does not answer for the host ${JSON.stringify(request.host)}`,
      );
    }
    if (!knownMethods.has(request.method)) {
      throw new MaestroError("invalidInput", `nothing here is asked for by ${request.method}`);
    }
    if (safeMethods.has(request.method)) return;
    if (!originAllowed(request)) {
      throw new MaestroError("forbidden", "requests of other origins may change nothing here");
    }
  });
}

function isProbe(request: FastifyRequest, allowed: AllowedHosts): boolean {
  return allowed !== "loopback" && probed.has(request.routeOptions.url ?? "");
}

function hostAllowed(host: string, allowed: AllowedHosts): boolean {
  if (allowed === "any") return true;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (loopbackNames.has(name)) return true;
  return allowed !== "loopback" && allowed.includes(name);
}

function originAllowed(request: FastifyRequest): boolean {
  const { host } = request;
  const { origin, cookie } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === host;
  // No browser leaves both out on a request that may change something.
  return cookie === undefined || site === "same-origin";
}
