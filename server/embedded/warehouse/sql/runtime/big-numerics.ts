/**
 * BIGNUMERIC: a whole number of 10 ** -38, which DuckDB holds as BIGNUM. Comparing, sorting, grouping
 * and summing are DuckDB's; what has to be scaled or rounded is computed here.
 */
const scale = 38;
const unit = 10n ** 38n;
const greatest = 2n ** 255n - 1n;
const least = -(2n ** 255n);

const absolute = (value: bigint) => (value < 0n ? -value : value);
const fits = (units: bigint) => units <= greatest && units >= least;

/** Half away from zero. */
function divideRounded(a: bigint, b: bigint): bigint {
  const [x, y] = [absolute(a), absolute(b)];
  const quotient = (2n * x + y) / (2n * y);
  return a < 0n !== b < 0n ? -quotient : quotient;
}

function checked(units: bigint, what: () => string): bigint {
  if (fits(units)) return units;
  throw new Error(`BIGNUMERIC overflow: ${what()}`);
}

export function bigText(units: bigint): string {
  const digits = String(absolute(units)).padStart(scale + 1, "0");
  const fraction = digits.slice(-scale).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale)}${fraction && `.${fraction}`}`;
}

const numberText = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,6}))?$/;

/** Null where the text is no number, or one that is too large; `exact`: or one with more digits. */
export function readBig(text: string, exact = false): bigint | null {
  const found = numberText.exec(text.trim());
  if (!found) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = found;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const shift = scale + Number(exponent) - fraction.length;
  if (digits === "") return 0n;
  if (digits.length + shift > 80) return null;
  const units = shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : cut(digits, -shift, exact);
  if (units === null) return null;
  const signed = sign === "-" ? -units : units;
  return fits(signed) ? signed : null;
}

function cut(digits: string, count: number, exact: boolean): bigint | null {
  const [kept, lost] = [digits.slice(0, -count) || "0", digits.slice(-count).padStart(count, "0")];
  if (exact && /[1-9]/.test(lost)) return null;
  return BigInt(kept) + (lost >= "5" ? 1n : 0n);
}

export function parseBig(text: string): bigint {
  const units = readBig(text);
  if (units === null) throw new Error(`Invalid BIGNUMERIC value: ${text}`);
  return units;
}

/** PARSE_BIGNUMERIC and PARSE_NUMERIC: a sign before or after, spaces around it, and commas. */
export function plainNumber(name: string, text: string): string {
  const found = /^\s*(?:([+-])\s*)?([\d,]*\.?\d*(?:[eE][+-]?\d+)?)\s*([+-]?)\s*$/.exec(text);
  const [, before = "", digits = "", after = ""] = found ?? [];
  const plain = `${before}${after}${digits.replaceAll(",", "")}`;
  if (!found || (before && after) || !numberText.test(plain)) {
    throw new Error(`Invalid input to ${name}: "${text}"`);
  }
  return plain;
}

export function parseBigLoosely(text: string): bigint {
  const units = readBig(plainNumber("PARSE_BIGNUMERIC", text));
  if (units === null) throw new Error(`Invalid input to PARSE_BIGNUMERIC: "${text}"`);
  return units;
}

export const bigOfInteger = (value: bigint): bigint => value * unit;

/** `mantissa / 2 ** shift`, exactly what a FLOAT64 is. */
export function bigOfBinary(mantissa: bigint, shift: bigint, text: string): bigint {
  const units = divideRounded(mantissa * unit, 1n << shift);
  if (!fits(units)) throw new Error(`BIGNUMERIC out of range: ${text}`);
  return units;
}

export const bigToFloat = (units: bigint): number => Number(bigText(units));

export function bigToInteger(units: bigint): bigint {
  const value = divideRounded(units, unit);
  if (BigInt.asIntN(64, value) === value) return value;
  throw new Error(`int64 out of range: ${bigText(units)}`);
}

/** The text of a NUMERIC: nine places, and 29 digits before them. */
export function bigToNumeric(units: bigint): string {
  const nanos = divideRounded(units, 10n ** 29n);
  if (absolute(nanos) < 10n ** 38n) return bigText(nanos * 10n ** 29n);
  throw new Error(`numeric out of range: ${bigText(units)}`);
}

const infix = (a: bigint, sign: string, b: bigint) => () => `${bigText(a)} ${sign} ${bigText(b)}`;
const called = (name: string, ...args: (bigint | string)[]) => {
  const texts = args.map((arg) => (typeof arg === "string" ? arg : bigText(arg)));
  return () => `${name}(${texts.join(", ")})`;
};

export const addBig = (a: bigint, b: bigint) => checked(a + b, infix(a, "+", b));
export const subtractBig = (a: bigint, b: bigint) => checked(a - b, infix(a, "-", b));
export const multiplyBig = (a: bigint, b: bigint) =>
  checked(divideRounded(a * b, unit), infix(a, "*", b));
export const negateBig = (a: bigint) => checked(-a, () => `-(${bigText(a)})`);
export const absoluteBig = (a: bigint) => checked(absolute(a), called("ABS", a));

export function divideBig(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Error(`division by zero: ${infix(a, "/", b)()}`);
  return checked(divideRounded(a * unit, b), infix(a, "/", b));
}

export function modBig(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Error(`division by zero: ${called("MOD", a, b)()}`);
  return a % b;
}

export function wholeQuotient(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Error(`division by zero: ${called("DIV", a, b)()}`);
  return checked((a / b) * unit, called("DIV", a, b));
}

export const signOfBig = (a: bigint) => (a === 0n ? 0n : a < 0n ? -unit : unit);

export function floorBig(a: bigint): bigint {
  const whole = a - (((a % unit) + unit) % unit);
  return checked(whole, called("FLOOR", a));
}

export const ceilBig = (a: bigint) =>
  checked(-(-a - (((-a % unit) + unit) % unit)), called("CEIL", a));

/** What a digit at this place is worth; null: beyond the last place, 0n: beyond the first. */
function worthOf(place: bigint): bigint | null {
  if (place >= BigInt(scale)) return null;
  return place < -39n ? 0n : 10n ** (BigInt(scale) - place);
}

export function roundBig(a: bigint, place: bigint): bigint {
  const worth = worthOf(place);
  if (worth === null) return a;
  if (worth === 0n) return 0n;
  return checked(divideRounded(a, worth) * worth, called("ROUND", a, String(place)));
}

export function truncBig(a: bigint, place: bigint): bigint {
  const worth = worthOf(place);
  if (worth === null) return a;
  return worth === 0n ? 0n : a - (a % worth);
}

/** The mean; `sum` may be beyond what a BIGNUMERIC holds. */
export const meanOfBig = (sum: bigint, count: bigint) => divideRounded(sum, count);
export const checkSum = (sum: bigint) => checked(sum, () => "SUM");

export function squareRoot(a: bigint): bigint {
  if (a < 0n) throw new Error(`SQRT is undefined for negative value: ${called("SQRT", a)()}`);
  if (a === 0n) return 0n;
  const target = a * unit;
  let root = 1n << BigInt(Math.ceil(target.toString(2).length / 2));
  while (true) {
    const next = (root + target / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  // Half a unit more is beyond the exact root, or is not.
  return root * root + root < target ? root + 1n : root;
}

const largestExponent = 2000n;

/** Whole exponents, exactly; what would need thousands of multiplications is refused. */
export function powerBig(base: bigint, exponent: bigint): bigint {
  const what = called("POW", base, exponent);
  if (exponent === 0n) return unit;
  const count = absolute(exponent) / unit;
  if (
    exponent % unit !== 0n ||
    (count > largestExponent && absolute(base) !== unit && base !== 0n)
  ) {
    throw new Error(`not supported by the local warehouse: ${what()}`);
  }
  if (base === 0n && exponent < 0n) throw new Error(`division by zero: ${what()}`);
  if (absolute(base) === unit) return count % 2n === 0n ? unit : base;
  if (base === 0n) return 0n;
  const [top, bottom] = [base ** count, unit ** count];
  const units =
    exponent > 0n ? divideRounded(top * unit, bottom) : divideRounded(bottom * unit, top);
  return checked(units, what);
}
