import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { MaestroError } from "../../shared/errors.ts";
import type { AllowedHosts } from "../api/http/request-guards.ts";
import { createHttpServer } from "../api/http-server.ts";
import type { Surroundings } from "../build-deps.ts";
import type { Config } from "../config.ts";
import type { Deps } from "../services/deps.ts";
import { keepPresence } from "../services/rooms/keep-presence.ts";
import { isLoopback, signsInByLink } from "./loopback.ts";
import { readVersion } from "./version.ts";

const root = join(import.meta.dirname, "../..");

/** The API and the web app at the configured address. Answers its URL as a browser would name it. */
export async function serveApi(
  deps: Deps,
  config: Config,
  surroundings: Surroundings,
): Promise<{ url: string; close(): Promise<void> }> {
  const version = await readVersion();
  const ownCloud = surroundings.localCloudUrl === null ? [] : [surroundings.localCloudUrl];
  const server = await createHttpServer(deps, {
    facts: { version },
    demoSourceUrl: surroundings.embeddedPostgresUrl,
    webRoot: join(root, "dist/web"),
    pythonClient: join(root, "python/maestro.py"),
    allowedHosts: allowedHostsOf(config),
    secureCookies: config.forceSsl,
    trustedProxies: config.trustedProxies,
    limits: { api: config.requestsPerMinute, signIn: config.signInsPerMinute },
    signInLinks: signsInByLink(config),
    connectSources: [config.googleUrl ?? "https://storage.googleapis.com", ...ownCloud],
  });
  const listening = server.listen(config.listen);
  const url = new URL(await listening.catch((cause) => refuseAddress(config.listen, cause)));
  if (config.listen.host === "localhost") url.hostname = "localhost";
  const presence = keepPresence(deps);
  const close = async () => {
    await presence.stop();
    await server.close();
  };
  return { url: url.origin, close };
}

function allowedHostsOf({ allowedHosts, listen }: Config): AllowedHosts {
  if (allowedHosts.length > 0) return allowedHosts.map((name) => name.toLowerCase());
  return isLoopback(listen.host) ? "loopback" : "any";
}

/** Says that an address cannot be had before anything else is started. */
export async function requireFreeAddress(address: Address): Promise<void> {
  const probe = createServer().listen(address.port, address.host);
  await once(probe, "listening").catch((cause) => refuseAddress(address, cause));
  await new Promise((resolve) => probe.close(resolve));
}

interface Address {
  host: string;
  port: number;
}

export function refuseAddress(
  { host, port }: Address,
  cause: NodeJS.ErrnoException,
  setting = "-listen",
): never {
  const why =
    cause.code === "EADDRINUSE"
      ? "is in use by another program"
      : `cannot be used (${cause.message})`;
  const message = `${host}:${port} ${why}: choose another with ${setting}`;
  throw new MaestroError("configuration", message, { cause });
}
