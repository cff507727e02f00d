import ipaddr from "ipaddr.js";
import { MaestroError } from "../../shared/errors.ts";

/*
 * Where Maestro may be sent by an address that somebody has entered. Not covered: what a public address
 * leads to behind it, and a proxy of the environment, which resolves names by itself.
 */

/** Host names, addresses and networks that an admin has allowed though they are not public. */
export type AllowedPlaces = readonly string[];

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** Tunnels and translations embed an IPv4 address, which may be anybody's. */
const isatap = [0x0000, 0x0200];

/** An address on the Internet: none of this machine, this network, a tunnel or a test. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== "unicast") return false;
  if (address instanceof ipaddr.IPv4) return true;
  const [, , , , high = 0, low = 0] = address.parts;
  return address.match(globalUnicast) && !(isatap.includes(high) && low === 0x5efe);
}

/** Whether a connection to `address`, which `host` was resolved to, may be made. */
export function mayConnect(host: string, address: string, allowed: AllowedPlaces): boolean {
  if (isPublicAddress(address) || allowed.includes(host.toLowerCase())) return true;
  if (!ipaddr.isValid(address)) return false;
  const target = ipaddr.process(address);
  return allowed.some((place) => {
    if (ipaddr.isValid(place)) return ipaddr.process(place).toString() === target.toString();
    if (!ipaddr.isValidCIDR(place)) return false;
    const network = ipaddr.parseCIDR(place);
    return network[0].kind() === target.kind() && target.match(network);
  });
}

/** For whoever reads it: an admin, or the log. */
export function refusedAddress(host: string, address: string): MaestroError {
  const where = host === address ? address : `${host} (${address})`;
  return new MaestroError(
    "forbidden",
    `${where} is not a public address: an admin may allow it in the setting network.allowed`,
  );
}

/**
 * Reads an address that somebody has entered, as it is written: no other scheme than https and http, no
 * credentials, and no spelling of a host that only some programs take for an address, such as
 * `0x7f.1`, `2130706433` or `localhost.`. Throws `invalidInput` otherwise, and `forbidden` where the
 * host is an address that may not be connected to.
 */
export function readOutboundUrl(text: string, allowed: AllowedPlaces): URL {
  const written = /^(https?):\/\/([^/?#\\]+)/i.exec(text)?.[2];
  if (written === undefined || !URL.canParse(text) || !/^[\x21-\x5b\x5d-\x7e]+$/.test(text)) {
    throw malformed(
      "an https:// or http:// address, in plain characters, without spaces and backslashes",
    );
  }
  const url = new URL(text);
  if (written.includes("@")) throw malformed("an address without a user and a password");
  const host = written.replace(/:\d*$/, "").toLowerCase();
  const isPlain = host === url.hostname || sameIpv6(host, url.hostname);
  if (!isPlain || host.endsWith(".")) throw malformed("a host in its usual spelling");
  const literal = literalOf(url);
  if (literal !== null && !mayConnect(literal, literal, allowed)) {
    throw refusedAddress(literal, literal);
  }
  return url;
}

/** The IP address that stands in the URL itself; null where it names a host. */
function literalOf(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(host) ? host : null;
}

function sameIpv6(written: string, parsed: string): boolean {
  if (!parsed.startsWith("[")) return false;
  const [one, other] = [written, parsed].map((host) => host.slice(1, -1));
  return (
    ipaddr.isValid(one ?? "") &&
    ipaddr.parse(one ?? "").toString() === ipaddr.parse(other ?? "").toString()
  );
}

function malformed(wanted: string): MaestroError {
  return new MaestroError("invalidInput", `this is not ${wanted}`);
}
