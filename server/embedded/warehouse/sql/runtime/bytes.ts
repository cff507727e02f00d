import { createHash } from "node:crypto";
import { BIGINT, BLOB, DuckDBBlobValue, type DuckDBType, VARCHAR } from "@duckdb/node-api";
import { farmFingerprintOf } from "./farm-fingerprint.ts";
import { define, type JsFunction } from "./js-function.ts";

const blob = (bytes: Uint8Array) => new DuckDBBlobValue(bytes);
const ofBytes = (compute: (bytes: Uint8Array) => string | bigint, returns: DuckDBType = VARCHAR) =>
  define([BLOB], returns, (value: DuckDBBlobValue) => compute(value.bytes));

const invalid = /[^A-Za-z0-9+/=]/;

/** White space is passed over, and the padding may be absent. */
function fromBase64(text: string): DuckDBBlobValue {
  const bare = text.replace(/\s/g, "");
  const body = bare.replace(/={0,2}$/, "");
  if (invalid.test(bare) || body.includes("=") || body.length % 4 === 1)
    throw new Error("Failed to decode invalid base64 string");
  return blob(Buffer.from(body, "base64"));
}

const digits32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function toBase32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  const text = (bits.match(/.{1,5}/g) ?? [])
    .map((chunk) => digits32[Number.parseInt(chunk.padEnd(5, "0"), 2)])
    .join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

function fromBase32(text: string): DuckDBBlobValue {
  const body = text.toUpperCase().replace(/=+$/, "");
  if (text.length % 8 !== 0 || /[^A-Z2-7]/.test(body) || [1, 3, 6].includes(body.length % 8))
    throw new Error("Failed to decode invalid base32 string");
  const bits = [...body].map((c) => digits32.indexOf(c).toString(2).padStart(5, "0")).join("");
  const whole = bits.match(/.{8}/g) ?? [];
  return blob(Uint8Array.from(whole, (byte) => Number.parseInt(byte, 2)));
}

function fromCodePoints(json: string): DuckDBBlobValue | null {
  const points = JSON.parse(json) as (number | null)[];
  if (points.includes(null)) return null;
  const wrong = points.find((point) => Number(point) < 0 || Number(point) > 255);
  if (wrong !== undefined) throw new Error(`Invalid extended ASCII code point ${wrong}`);
  return blob(Uint8Array.from(points.map(Number)));
}

/** Byte by byte; both are of one length. */
function combine(name: string, a: Uint8Array, b: Uint8Array, op: (x: number, y: number) => number) {
  if (a.length !== b.length)
    throw new Error(
      `Bitwise binary operator for BYTES requires equal length of the inputs. Got ${a.length} bytes on the left hand side and ${b.length} bytes on the right hand side (${name})`,
    );
  return blob(a.map((byte, i) => op(byte, b[i] ?? 0)));
}

/** The bytes as one number, as long as before. */
function shift(bytes: Uint8Array, by: bigint, left: boolean): DuckDBBlobValue {
  if (by < 0n) throw new Error("Bitwise shift by negative offset");
  const size = bytes.length * 8;
  if (size === 0) return blob(bytes);
  const value = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  const moved = by >= size ? 0n : left ? BigInt.asUintN(size, value << by) : value >> by;
  return blob(Buffer.from(moved.toString(16).padStart(bytes.length * 2, "0"), "hex"));
}

const shiftBits = (left: boolean) =>
  define([BLOB, BIGINT], BLOB, (value: DuckDBBlobValue, by: bigint) =>
    shift(value.bytes, by, left),
  );
const combineBits = (name: string, op: (x: number, y: number) => number) =>
  define([BLOB, BLOB], BLOB, (a: DuckDBBlobValue, b: DuckDBBlobValue) =>
    combine(name, a.bytes, b.bytes, op),
  );

/** Every byte that is no part of a character is a replacement character of its own. */
function readable(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes).toString("latin1");
  const character =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the bytes of ASCII
    /[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;
  return latin.replace(character, (found) =>
    found.length === 1 && found > "\x7f" ? "\ufffd" : Buffer.from(found, "latin1").toString(),
  );
}

/** INT64: what is shifted out is lost; zeros come in from both sides. */
function shiftInteger(value: bigint, by: bigint, left: boolean): bigint {
  if (by < 0n) throw new Error("Bitwise shift by negative offset");
  if (by > 63n) return 0n;
  return BigInt.asIntN(64, left ? value << by : BigInt.asUintN(64, value) >> by);
}

export const bytesFunctions: Record<string, JsFunction> = {
  // BYTES as a text of the characters 0 to 255, so that the functions of texts serve for both.
  maestro_latin: ofBytes((bytes) => Buffer.from(bytes).toString("latin1")),
  maestro_bytes: define([VARCHAR], BLOB, (text: string) => blob(Buffer.from(text, "latin1"))),
  maestro_ascii_upper: define([VARCHAR], VARCHAR, (text: string) =>
    text.replace(/[a-z]+/g, (run) => run.toUpperCase()),
  ),
  maestro_ascii_lower: define([VARCHAR], VARCHAR, (text: string) =>
    text.replace(/[A-Z]+/g, (run) => run.toLowerCase()),
  ),
  maestro_bytes_to_text: ofBytes(readable),
  maestro_sha512_bytes: ofBytes((bytes) => createHash("sha512").update(bytes).digest("hex")),
  maestro_farm_fingerprint_bytes: ofBytes((bytes) => farmFingerprintOf(Buffer.from(bytes)), BIGINT),
  maestro_from_base64: define([VARCHAR], BLOB, fromBase64),
  maestro_to_base32: ofBytes(toBase32),
  maestro_from_base32: define([VARCHAR], BLOB, fromBase32),
  maestro_code_points_to_bytes: define([VARCHAR], BLOB, fromCodePoints),
  maestro_bytes_and: combineBits("&", (x, y) => x & y),
  maestro_bytes_or: combineBits("|", (x, y) => x | y),
  maestro_bytes_xor: combineBits("^", (x, y) => x ^ y),
  maestro_bytes_not: define([BLOB], BLOB, (value: DuckDBBlobValue) =>
    blob(value.bytes.map((byte) => ~byte & 255)),
  ),
  maestro_shift: define([BIGINT, BIGINT], BIGINT, (value: bigint, by: bigint) =>
    shiftInteger(value, by, true),
  ),
  maestro_shift_back: define([BIGINT, BIGINT], BIGINT, (value: bigint, by: bigint) =>
    shiftInteger(value, by, false),
  ),
  maestro_bytes_left: shiftBits(true),
  maestro_bytes_right: shiftBits(false),
  maestro_bytes_bits: ofBytes(
    (bytes) =>
      BigInt(bytes.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0)),
    BIGINT,
  ),
};
