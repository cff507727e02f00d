/* Numbers of Parquet's PLAIN encoding, the lowest byte first, and what stands for BigQuery's types. */

export function read32(bytes: Buffer, at: number): number {
  const upper = ((bytes[at + 3] ?? 0) << 24) | ((bytes[at + 2] ?? 0) << 16);
  return upper | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0);
}

/** Digits of a NUMERIC behind its point. */
export const scale = 9;

const mostGroups = 12;
const billion = 1_000_000_000;
const tenThousand = 10_000;
const two32 = 0x1_0000_0000;

/** A NUMERIC in groups of four digits: `wholeGroups` before the point, three behind it. */
export class ScaledNumber {
  readonly groups = new Int32Array(mostGroups);
  /** Without groups of zeros at the end. */
  count = 0;
  wholeGroups = 0;
  isNegative = false;
}

/** Of a NUMERIC × 10⁹ as two's complement, the highest byte first. */
export function readScaled(bytes: Buffer, at: number, end: number, into: ScaledNumber): void {
  const isNegative = (bytes[at] ?? 0) >= 0x80;
  into.isNegative = isNegative;
  into.count = 0;
  const small = readSmall(bytes, at, end, isNegative ? 0xff : 0);
  if (small < 0) {
    setLarge(bytes, at, end, into);
  } else {
    let whole = Math.floor(small / billion);
    let fraction = small - whole * billion;
    // The quotient may have been rounded up.
    if (fraction < 0) {
      whole -= 1;
      fraction += billion;
    }
    setWhole(whole, into);
    setFraction(fraction, into);
  }
  while (into.count > 0 && into.groups[into.count - 1] === 0) into.count -= 1;
}

const smallBytes = 7;

/** Without its sign, where a number holds it exactly; −1 otherwise. `filler` is the byte of the sign. */
function readSmall(bytes: Buffer, at: number, end: number, filler: number): number {
  const from = end - smallBytes;
  if (from < at) return -1;
  for (let byte = at; byte < from; byte++) if (bytes[byte] !== filler) return -1;
  const top = (bytes[from] ?? 0) ^ filler;
  if (top >= 0x20) return -1;
  const high =
    (top << 16) | (((bytes[from + 1] ?? 0) ^ filler) << 8) | ((bytes[from + 2] ?? 0) ^ filler);
  const upper = (((bytes[from + 3] ?? 0) ^ filler) << 8) | ((bytes[from + 4] ?? 0) ^ filler);
  const lower = (((bytes[from + 5] ?? 0) ^ filler) << 8) | ((bytes[from + 6] ?? 0) ^ filler);
  return high * two32 + upper * 0x1_0000 + lower + (filler === 0 ? 0 : 1);
}

function setLarge(bytes: Buffer, at: number, end: number, into: ScaledNumber): void {
  const bits = BigInt(`0x${bytes.toString("hex", at, end)}`);
  const value = BigInt.asIntN((end - at) * 8, bits);
  const size = value < 0n ? -value : value;
  const digits = (size / BigInt(billion)).toString();
  const first = digits.length % 4;
  const groups = first === 0 ? [] : [digits.slice(0, first)];
  for (let from = first; from < digits.length; from += 4) groups.push(digits.slice(from, from + 4));
  for (const group of groups) into.groups[into.count++] = Number(group);
  into.wholeGroups = into.count;
  setFraction(Number(size % BigInt(billion)), into);
}

/** Of at most eight digits. */
function setWhole(whole: number, into: ScaledNumber): void {
  const upper = Math.floor(whole / tenThousand);
  if (upper > 0) into.groups[into.count++] = upper;
  if (whole > 0) into.groups[into.count++] = whole - upper * tenThousand;
  into.wholeGroups = into.count;
}

function setFraction(fraction: number, into: ScaledNumber): void {
  const { groups } = into;
  const first = Math.floor(fraction / 100_000);
  const second = Math.floor(fraction / 10) - first * tenThousand;
  groups[into.count++] = first;
  groups[into.count++] = second;
  groups[into.count++] = (fraction % 10) * 1_000;
}
