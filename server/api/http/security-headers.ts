import type { FastifyInstance } from "fastify";

/**
 * `style-src` has to allow inline styles: the editor and the virtual lists place their elements by
 * them. Scripts come from our own files alone. `connectSources` are the origins that files of
 * external tables are uploaded to.
 */
function contentSecurityPolicy(connectSources: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src ${["'self'", ...connectSources].join(" ")}`,
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function sendSecurityHeaders(
  server: FastifyInstance,
  options: { connectSources: readonly string[]; https: boolean },
): void {
  const headers = {
    ...(options.https ? { "strict-transport-security": "max-age=31536000" } : {}),
    "content-security-policy": contentSecurityPolicy(options.connectSources),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
  };
  server.addHook("onRequest", async (_request, reply) => {
    void reply.headers(headers);
  });
}
