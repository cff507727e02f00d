import { BIGINT, BLOB, DuckDBBlobValue, VARCHAR } from "@duckdb/node-api";
import { define, type JsFunction } from "./js-function.ts";

/** Four or sixteen bytes; null where the text is no address. */
function readAddress(text: string): Uint8Array | null {
  const four = readFour(text);
  if (four) return Uint8Array.from(four);
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(":")) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = [
    readGroups(halves[0] ?? "", halves.length === 1),
    readGroups(halves[1] ?? "", true),
  ];
  if (!head || !tail) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function readFour(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part))) return null;
  const numbers = parts.map(Number);
  return numbers.every((number) => number < 256) ? numbers : null;
}

function readGroups(text: string, mayEndInFour: boolean): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    const four = mayEndInFour && i === groups.length - 1 ? readFour(group) : null;
    if (four) bytes.push(...four);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return null;
  }
  return bytes;
}

function parseAddress(text: string): DuckDBBlobValue {
  const bytes = readAddress(text);
  if (!bytes)
    throw new Error(`NET.IP_FROM_STRING() encountered an unparseable IP-address: ${text}`);
  return new DuckDBBlobValue(bytes);
}

function writeAddress({ bytes }: DuckDBBlobValue): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16)
    throw new Error(
      `NET.IP_TO_STRING() encountered an invalid IP address. Expected 4 (for IPv4) or 16 (for IPv6) bytes but got ${bytes.length}`,
    );
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0),
  );
  const leadingZeros = groups.findIndex((group) => group !== 0);
  const isMapped = leadingZeros === 5 && groups[5] === 0xffff;
  if (isMapped || leadingZeros === 6) {
    return `${isMapped ? "::ffff:" : "::"}${bytes.slice(12).join(".")}`;
  }
  return shortened(groups);
}

/** The first of the longest runs of two zeros or more is left out. */
function shortened(groups: number[]): string {
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end - 1;
  }
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (start < 0) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

function masked(bytes: Uint8Array, prefix: number): Uint8Array {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.max(0, Math.min(8, prefix - i * 8))) & 255);
}

function netMask(size: bigint, prefix: bigint): DuckDBBlobValue {
  if (size !== 4n && size !== 16n)
    throw new Error(
      `The first argument of NET.IP_NET_MASK() must be either 4 (for IPv4) or 16 (for IPv6); got ${size}`,
    );
  if (prefix < 0n || prefix > size * 8n)
    throw new Error(
      `The second argument of NET.IP_NET_MASK() must be between 0 and the first argument * 8; got ${prefix}`,
    );
  return new DuckDBBlobValue(masked(new Uint8Array(Number(size)).fill(255), Number(prefix)));
}

function truncated({ bytes }: DuckDBBlobValue, prefix: bigint): DuckDBBlobValue {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new Error(
      `The first argument of NET.IP_TRUNC() must have length 4 (for IPv4) or 16 (for IPv6); got ${bytes.length}`,
    );
  if (prefix < 0n || prefix > BigInt(bytes.length * 8))
    throw new Error(
      `The second argument of NET.IP_TRUNC() must be between 0 and 8 * LENGTH(first argument); got ${prefix}`,
    );
  return new DuckDBBlobValue(masked(bytes, Number(prefix)));
}

function fromInteger(value: bigint): DuckDBBlobValue {
  if (value < -0x80000000n || value > 0xffffffffn)
    throw new Error(
      `NET.IPV4_FROM_INT64() encountered an invalid integer IP. Expected range: [-0x80000000, 0xFFFFFFFF]; got ${value}`,
    );
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Number(BigInt.asUintN(32, value)));
  return new DuckDBBlobValue(bytes);
}

function toInteger({ bytes }: DuckDBBlobValue): bigint {
  if (bytes.length !== 4)
    throw new Error(
      `NET.IPV4_TO_INT64() encountered a non-IPv4 address. Expected 4 bytes but got ${bytes.length}`,
    );
  return BigInt(Buffer.from(bytes).readUInt32BE(0));
}

/** The host as it is written; NULL where the URL names none. */
function hostOf(url: string): string | null {
  const text = url.trim();
  const rest = text.replace(/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\//, "");
  const authority = /^[^/?#\\]*/.exec(rest)?.[0] ?? "";
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const bracketed = /^\[[^\]]*\]/.exec(host)?.[0];
  const name = bracketed ?? host.replace(/:.*$/, "");
  return name === "" ? null : name;
}

export const netFunctions: Record<string, JsFunction> = {
  maestro_net_host: define([VARCHAR], VARCHAR, hostOf),
  maestro_net_ip_from_string: define([VARCHAR], BLOB, parseAddress),
  maestro_net_safe_ip_from_string: define([VARCHAR], BLOB, (text: string) => {
    const bytes = readAddress(text);
    return bytes && new DuckDBBlobValue(bytes);
  }),
  maestro_net_ip_to_string: define([BLOB], VARCHAR, writeAddress),
  maestro_net_ip_net_mask: define([BIGINT, BIGINT], BLOB, netMask),
  maestro_net_ip_trunc: define([BLOB, BIGINT], BLOB, truncated),
  maestro_net_ipv4_from_int64: define([BIGINT], BLOB, fromInteger),
  maestro_net_ipv4_to_int64: define([BLOB], BIGINT, toInteger),
};
