import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createHttpServer } from "../api/http-server.ts";
import type { Surroundings } from "../build-deps.ts";
import type { Config } from "../config.ts";
import type { Deps } from "../services/deps.ts";

const root = join(import.meta.dirname, "../..");
const loopbackHosts = new Set(["localhost", "127.0.0.1", "::1"]);

/** The API and the web app at the configured address. Answers its URL as a browser would name it. */
export async function serveApi(
  deps: Deps,
  config: Config,
  surroundings: Surroundings,
): Promise<{ url: string; close(): Promise<void> }> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const { localCloudUrl } = surroundings;
  const server = await createHttpServer(deps, {
    facts: { version, localCloud: localCloudUrl !== null },
    demoSourceUrl: surroundings.embeddedPostgresUrl,
    webRoot: join(root, "dist/web"),
    allowedHosts: loopbackHosts.has(config.listen.host) ? "loopback" : "any",
    secureCookies: false,
    connectSources: [localCloudUrl ?? "https://storage.googleapis.com"],
  });
  const url = new URL(await server.listen(config.listen));
  if (config.listen.host === "localhost") url.hostname = "localhost";
  return { url: url.origin, close: () => server.close() };
}
