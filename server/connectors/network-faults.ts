import type { DatabaseAddress } from "./database-address.ts";

/** Node's codes of connections under which the same call may succeed later. */
export const transientNetworkFaults = [
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
];

/** What is wrong on the way to a database's server, by Node's code; null where it was something else. */
export function describeNetworkFault(
  code: string,
  { host, port }: Pick<DatabaseAddress, "host" | "port">,
): string | null {
  const at = `${host}:${port}`;
  switch (code) {
    case "ENOTFOUND":
      return `there is no host named ${host}`;
    case "EAI_AGAIN":
      return `the name ${host} cannot be looked up now`;
    case "ECONNREFUSED":
      return `nothing listens at ${at}: check host and port, and that the server accepts TCP connections`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${at} cannot be reached: check the address and firewalls`;
    default:
      return null;
  }
}
