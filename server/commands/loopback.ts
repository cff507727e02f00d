import type { Config } from "../config.ts";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "::1"]);

/** Nothing but this machine reaches what listens there. */
export function isLoopback(host: string): boolean {
  return loopbackHosts.has(host);
}

/** Whether one-time links sign the local admin in. */
export function signsInByLink(config: Pick<Config, "listen" | "signInLinks">): boolean {
  if (config.signInLinks !== "loopback") return config.signInLinks === "on";
  return isLoopback(config.listen.host);
}
