import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { MaestroError } from "../../../shared/errors.ts";

const yearSeconds = 31_536_000;

/**
 * The built web app: files under `assets/` are named by their content and never change; every other
 * path that a browser navigates to is the app itself, which routes on. Without a build the paths
 * answer with what to do.
 */
export async function serveWebApp(server: FastifyInstance, webRoot: string): Promise<void> {
  if (existsSync(join(webRoot, "index.html"))) {
    await server.register(fastifyStatic, {
      root: webRoot,
      index: "index.html",
      cacheControl: false,
      setHeaders(reply, path) {
        const lasting = path.includes(`${webRoot}/assets/`);
        void reply.header(
          "cache-control",
          lasting ? `public, max-age=${yearSeconds}, immutable` : "no-cache",
        );
      },
    });
  }
  server.setNotFoundHandler((request, reply) => {
    const navigates = request.method === "GET" && request.headers.accept?.includes("text/html");
    // A page's path may end like a file's (`dataset.name`): assets alone are known to be files.
    if (!navigates || request.url.startsWith("/assets/")) {
      const path = request.url.split("?")[0];
      throw new MaestroError("notFound", `there is nothing at ${request.method} ${path}`);
    }
    if (!existsSync(join(webRoot, "index.html"))) {
      return reply
        .code(503)
        .type("text/plain; charset=utf-8")
        .send("The web app is not built yet: run npm run build:web, then reload.\n");
    }
    return reply.header("cache-control", "no-cache").sendFile("index.html");
  });
}
