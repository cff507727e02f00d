import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

/**
 * An address that is no valid URI (`/%`, `/%ff`), written so that it is one. The router would answer it
 * past all hooks: without the guards, the security headers and the shape of our errors.
 */
export function mendAddress({ url = "/" }: Pick<IncomingMessage, "url">): string {
  return isValid(url) ? url : url.replaceAll("%", "%25");
}

/** Answers those 400, as any other request that is refused. */
export function refuseMalformedAddresses(server: FastifyInstance): void {
  server.addHook("onRequest", async (request) => {
    if (isValid(request.originalUrl)) return;
    throw new MaestroError("invalidInput", "the address is malformed: write % as %25 in it");
  });
}

function isValid(url: string): boolean {
  try {
    if (url.includes("%")) decodeURIComponent(url.split("?")[0] ?? "");
    return true;
  } catch {
    return false;
  }
}
