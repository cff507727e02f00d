/*
 * FarmHash's Fingerprint64 (na variant), which is BigQuery's FARM_FINGERPRINT, after
 * https://github.com/google/farmhash: Copyright (c) 2014 Google, Inc., under the MIT license.
 */
const mask = (1n << 64n) - 1n;
const k0 = 0xc3a5c85c97cb3127n;
const k1 = 0xb492b66fbe98f273n;
const k2 = 0x9ae16a3b2f90404fn;

const u64 = (x: bigint) => x & mask;
const mul = (a: bigint, b: bigint) => u64(a * b);
const rotate = (x: bigint, by: bigint) => (by === 0n ? x : u64((x >> by) | (x << (64n - by))));
const shiftMix = (x: bigint) => x ^ (x >> 47n);

function hash16(u: bigint, v: bigint, by: bigint): bigint {
  let a = mul(u ^ v, by);
  a ^= a >> 47n;
  let b = mul(v ^ a, by);
  b ^= b >> 47n;
  return mul(b, by);
}

function upTo16(s: DataView, length: number): bigint {
  const n = BigInt(length);
  if (length >= 8) {
    const by = u64(k2 + n * 2n);
    const a = u64(s.getBigUint64(0, true) + k2);
    const b = s.getBigUint64(length - 8, true);
    const c = u64(mul(rotate(b, 37n), by) + a);
    const d = mul(u64(rotate(a, 25n) + b), by);
    return hash16(c, d, by);
  }
  if (length >= 4) {
    const by = u64(k2 + n * 2n);
    const a = BigInt(s.getUint32(0, true));
    return hash16(u64(n + (a << 3n)), BigInt(s.getUint32(length - 4, true)), by);
  }
  if (length === 0) return k2;
  const [a, b, c] = [s.getUint8(0), s.getUint8(length >> 1), s.getUint8(length - 1)];
  const y = BigInt(a + (b << 8));
  const z = BigInt(length + (c << 2));
  return mul(shiftMix(mul(y, k2) ^ mul(z, k0)), k2);
}

function upTo32(s: DataView, length: number): bigint {
  const by = u64(k2 + BigInt(length) * 2n);
  const a = mul(s.getBigUint64(0, true), k1);
  const b = s.getBigUint64(8, true);
  const c = mul(s.getBigUint64(length - 8, true), by);
  const d = mul(s.getBigUint64(length - 16, true), k2);
  return hash16(
    u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d),
    u64(a + rotate(u64(b + k2), 18n) + c),
    by,
  );
}

function upTo64(s: DataView, length: number): bigint {
  const by = u64(k2 + BigInt(length) * 2n);
  const a = mul(s.getBigUint64(0, true), k2);
  const b = s.getBigUint64(8, true);
  const c = mul(s.getBigUint64(length - 8, true), by);
  const d = mul(s.getBigUint64(length - 16, true), k2);
  const y = u64(rotate(u64(a + b), 43n) + rotate(c, 30n) + d);
  const z = hash16(y, u64(a + rotate(u64(b + k2), 18n) + c), by);
  const e = mul(s.getBigUint64(16, true), by);
  const f = s.getBigUint64(24, true);
  const g = mul(u64(y + s.getBigUint64(length - 32, true)), by);
  const h = mul(u64(z + s.getBigUint64(length - 24, true)), by);
  return hash16(
    u64(rotate(u64(e + f), 43n) + rotate(g, 30n) + h),
    u64(e + rotate(u64(f + a), 18n) + g),
    by,
  );
}

type Pair = [bigint, bigint];

function weakHash32(s: DataView, at: number, seedA: bigint, seedB: bigint): Pair {
  const word = (i: number) => s.getBigUint64(at + i * 8, true);
  let a = u64(seedA + word(0));
  let b = rotate(u64(seedB + a + word(3)), 21n);
  const c = a;
  a = u64(a + word(1) + word(2));
  b = u64(b + rotate(a, 44n));
  return [u64(a + word(3)), u64(b + c)];
}

function long(s: DataView, length: number): bigint {
  const word = (at: number) => s.getBigUint64(at, true);
  const seed = 81n;
  let x = seed;
  let y = u64(seed * k1 + 113n);
  let z = mul(shiftMix(u64(y * k2 + 113n)), k2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  x = u64(x * k2 + word(0));
  const end = Math.floor((length - 1) / 64) * 64;
  const last64 = end + ((length - 1) & 63) - 63;
  for (let at = 0; at < end; at += 64) {
    x = mul(rotate(u64(x + y + v[0] + word(at + 8)), 37n), k1);
    y = mul(rotate(u64(y + v[1] + word(at + 48)), 42n), k1);
    x ^= w[1];
    y = u64(y + v[0] + word(at + 40));
    z = mul(rotate(u64(z + w[0]), 33n), k1);
    v = weakHash32(s, at, mul(v[1], k1), u64(x + w[0]));
    w = weakHash32(s, at + 32, u64(z + w[1]), u64(y + word(at + 16)));
    [z, x] = [x, z];
  }
  const by = u64(k1 + ((z & 0xffn) << 1n));
  const at = last64;
  w = [u64(w[0] + BigInt((length - 1) & 63)), w[1]];
  v = [u64(v[0] + w[0]), v[1]];
  w = [u64(w[0] + v[0]), w[1]];
  x = mul(rotate(u64(x + y + v[0] + word(at + 8)), 37n), by);
  y = mul(rotate(u64(y + v[1] + word(at + 48)), 42n), by);
  x ^= (w[1] * 9n) & mask;
  y = u64(y + v[0] * 9n + word(at + 40));
  z = mul(rotate(u64(z + w[0]), 33n), by);
  v = weakHash32(s, at, mul(v[1], by), u64(x + w[0]));
  w = weakHash32(s, at + 32, u64(z + w[1]), u64(y + word(at + 16)));
  [z, x] = [x, z];
  return hash16(
    u64(hash16(v[0], w[0], by) + mul(shiftMix(y), k0) + z),
    u64(hash16(v[1], w[1], by) + x),
    by,
  );
}

export function farmFingerprint(text: string): bigint {
  return farmFingerprintOf(new TextEncoder().encode(text));
}

export function farmFingerprintOf(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { length } = bytes;
  const hash =
    length <= 16
      ? upTo16(view, length)
      : length <= 32
        ? upTo32(view, length)
        : length <= 64
          ? upTo64(view, length)
          : long(view, length);
  return BigInt.asIntN(64, hash);
}
