/** BigQuery's text of a FLOAT64: fifteen digits if they come back to the same number, else seventeen. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return "0";
  const short = general(value, 15);
  return Number(short) === value ? short : general(value, 17);
}

/** In JSON what is no number is a string. */
export function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return '"NaN"';
  if (!Number.isFinite(value)) return value > 0 ? '"Infinity"' : '"-Infinity"';
  return floatText(value);
}

/** C's `%.<digits>g`. */
export function general(value: number, digits: number): string {
  const [mantissa = "", power = "0"] = value.toExponential(Math.max(digits, 1) - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) {
    const sign = exponent < 0 ? "-" : "+";
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return trimZeros(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

const scale = 10n ** 9n;

/** The digits of a NUMERIC as an integer of billionths. */
export function parseNumeric(text: string): bigint {
  const [whole = "0", fraction = ""] = text.replace("-", "").split(".");
  const units = BigInt(whole || "0") * scale + BigInt(fraction.padEnd(9, "0").slice(0, 9) || "0");
  return text.startsWith("-") ? -units : units;
}

/**
 * A decimal, perhaps with an exponent, in units of ten to the minus `scale`; null where it cannot be
 * read or is out of NUMERIC's range. What is beyond the scale is rounded, or refused when `exact`.
 */
export function readDecimal(text: string, places: number, exactly: boolean): bigint | null {
  const found = /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,6}))?\s*$/.exec(text);
  const digits = `${found?.[2] ?? ""}${found?.[3] ?? ""}`;
  if (!found || digits === "") return null;
  const shift = Number(found[4] ?? 0) - (found[3] ?? "").length + places;
  if (shift > 100 && /[1-9]/.test(digits)) return null;
  const power = 10n ** BigInt(Math.min(Math.abs(shift), digits.length + 100));
  const whole = shift >= 0 ? BigInt(digits) * power : divideRounded(BigInt(digits), power);
  if (exactly && shift < 0 && BigInt(digits) % power !== 0n) return null;
  if (whole >= 10n ** 38n) return null;
  return found[1] === "-" ? -whole : whole;
}

export function numericText(units: bigint): string {
  const absolute = units < 0n ? -units : units;
  const fraction = String(absolute % scale).padStart(9, "0");
  return `${units < 0n ? "-" : ""}${absolute / scale}.${fraction}`;
}

/** Half away from zero. */
function divideRounded(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n;
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const quotient = (2n * x + y) / (2n * y);
  return negative ? -quotient : quotient;
}

export function divideNumeric(a: string, b: string): string {
  return numericText(divideRounded(parseNumeric(a) * scale, parseNumeric(b)));
}

export function multiplyNumeric(a: string, b: string): string {
  return numericText(divideRounded(parseNumeric(a) * parseNumeric(b), scale));
}

/** The exact binary value of the float, rounded to nine places. */
export function floatToNumeric(value: number): string {
  if (!Number.isFinite(value)) return floatText(value);
  const { mantissa, shift } = exact(value);
  return numericText(divideRounded(mantissa * scale, 1n << shift));
}

/** A float is exactly `mantissa / 2 ** shift`. */
export function exact(value: number): { mantissa: bigint; shift: bigint } {
  let shift = 0n;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    shift++;
  }
  return { mantissa: BigInt(mantissa), shift };
}

/** Is the float more than the shortest decimal that stands for it? */
export function exceedsItsDecimal(value: number): boolean {
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const [whole = "", fraction = ""] = digits.split(".");
  const places = fraction.length - Number(power);
  const { mantissa, shift } = exact(value);
  const decimal = BigInt(whole + fraction);
  return places >= 0
    ? mantissa * 10n ** BigInt(places) > decimal << shift
    : mantissa > (decimal * 10n ** BigInt(-places)) << shift;
}

/** ROUND(x, n): the exact binary value to the n-th decimal, halves away from zero. */
export function roundFloat(value: number, digits: number): number {
  return atDigits(value, digits, (a, b) => divideRounded(a, b));
}

export function truncFloat(value: number, digits: number): number {
  return atDigits(value, digits, (a, b) => a / b);
}

function atDigits(value: number, digits: number, divide: (a: bigint, b: bigint) => bigint): number {
  if (digits < -330) return 0;
  if (!Number.isFinite(value) || value === 0 || digits > 330) return value;
  const { mantissa, shift } = exact(value);
  const power = 10n ** BigInt(Math.abs(digits));
  const [a, b] = digits >= 0 ? [mantissa * power, 1n << shift] : [mantissa, power << shift];
  const units = divide(a, b);
  const rounded = digits >= 0 ? Number(`${units}e-${digits}`) : Number(units * power);
  if (!Number.isFinite(rounded))
    throw new Error(`Floating point overflow: ROUND(${value}, ${digits})`);
  return rounded;
}
