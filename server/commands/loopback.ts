import type { Config } from "../config.ts";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "::1"]);

/** Nothing but this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host);
}

/** Whether one-time links sign the local admin in: on a loopback address that no proxy stands before. */
export function signsInByLink(
  config: Pick<Config, "listen" | "signInLinks" | "trustedProxies" | "allowedHosts">,
): boolean {
  if (config.signInLinks !== "loopback") return config.signInLinks === "on";
  const { trustedProxies, allowedHosts } = config;
  return isLoopback(config.listen.host) && trustedProxies.length + allowedHosts.length === 0;
}
