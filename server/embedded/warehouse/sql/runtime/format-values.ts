import { floatText, general } from "./numbers.ts";

/** `%-08.3f` taken apart. */
interface Spec {
  flags: string;
  width: number;
  precision: number | null;
  letter: string;
}

function readSpec(text: string): Spec {
  const [, flags = "", width, precision, letter = ""] =
    /^%([-+ #0']*)(\d*)(?:\.(\d*))?([a-zA-Z])$/.exec(text) ?? [];
  return {
    flags,
    width: Number(width || 0),
    precision: precision === undefined ? null : Number(precision || 0),
    letter,
  };
}

function padded(spec: Spec, sign: string, digits: string, zeros: boolean): string {
  const { flags, width } = spec;
  const missing = Math.max(0, width - sign.length - [...digits].length);
  if (flags.includes("-")) return sign + digits + " ".repeat(missing);
  if (zeros && flags.includes("0")) return sign + "0".repeat(missing) + digits;
  return " ".repeat(missing) + sign + digits;
}

const signOf = (negative: boolean, flags: string) =>
  negative ? "-" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";

const grouped = (digits: string) =>
  digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

/** %d %i %x %X %o of an INT64. */
export function formatInteger(specText: string, value: bigint): string {
  const spec = readSpec(specText);
  const bases: Record<string, number> = { x: 16, X: 16, o: 8 };
  let digits = (value < 0n ? -value : value).toString(bases[spec.letter] ?? 10);
  if (spec.letter === "X") digits = digits.toUpperCase();
  if (spec.precision !== null) digits = digits.padStart(spec.precision, "0");
  if (spec.flags.includes("'")) digits = grouped(digits);
  return padded(spec, signOf(value < 0n, spec.flags), digits, spec.precision === null);
}

/** %f %e %g of a FLOAT64, as C prints them. */
export function formatFloat(specText: string, value: number): string {
  const spec = readSpec(specText);
  const upper = spec.letter === spec.letter.toUpperCase();
  const negative = value < 0 || Object.is(value, -0);
  const sign = signOf(negative, spec.flags);
  if (!Number.isFinite(value)) {
    const text = floatText(Math.abs(value));
    return padded(
      { ...spec, flags: spec.flags.replace("0", "") },
      Number.isNaN(value) ? "" : sign,
      upper ? text.toUpperCase() : text,
      false,
    );
  }
  let digits = floatDigits(spec.letter.toLowerCase(), Math.abs(value), spec.precision ?? 6);
  if (spec.flags.includes("'")) digits = grouped(digits);
  return padded(spec, sign, upper ? digits.toUpperCase() : digits, true);
}

/** %f of a NUMERIC or BIGNUMERIC, from its text: halves away from zero. */
export function formatDecimal(specText: string, value: string): string {
  const spec = readSpec(specText);
  const precision = spec.precision ?? 6;
  const [whole = "0", fraction = ""] = value.replace("-", "").split(".");
  const kept = fraction.slice(0, precision).padEnd(precision, "0");
  const up = (fraction[precision] ?? "0") >= "5" ? 1n : 0n;
  const all = String(BigInt(whole + kept) + up).padStart(precision + 1, "0");
  const split = all.length - precision;
  const point = precision > 0 || spec.flags.includes("#") ? "." : "";
  const digits = `${all.slice(0, split)}${point}${all.slice(split)}`;
  const sign = signOf(value.startsWith("-"), spec.flags);
  return padded(spec, sign, spec.flags.includes("'") ? grouped(digits) : digits, true);
}

function floatDigits(letter: string, value: number, precision: number): string {
  if (letter === "e") return exponent(value.toExponential(precision));
  if (letter === "g") return general(value, Math.max(1, precision));
  return halfEven(value, precision);
}

/** C rounds an exact half to the even digit; toFixed rounds it up. */
function halfEven(value: number, precision: number): string {
  if (precision > 100 || value >= 1e21)
    throw new Error("not supported by the local warehouse: FORMAT of so large a number");
  const text = value.toFixed(precision);
  const exactly = value.toFixed(Math.min(100, precision + 40));
  const tail = exactly.slice(exactly.indexOf(".") + 1 + precision);
  const isHalf = /^50*$/.test(tail) && precision + 40 <= 100;
  const last = Number(text.at(-1));
  if (!isHalf || last % 2 === 0) return text;
  const scaled = BigInt(text.replace(".", "")) - 1n;
  const digits = String(scaled).padStart(precision + 1, "0");
  return precision === 0 ? digits : `${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

const exponent = (text: string) =>
  text.replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`);

/** %s %t %T: the text, cut and filled up. */
export function formatText(specText: string, value: string): string {
  const spec = readSpec(specText);
  const characters = [...value];
  const cut = spec.precision === null ? characters : characters.slice(0, spec.precision);
  return padded(spec, "", cut.join(""), false);
}
