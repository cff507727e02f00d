import { checkedInterval, type Interval, sumOf } from "./intervals.ts";

const absolute = (value: bigint) => (value < 0n ? -value : value);
const minus = (value: bigint) => (value < 0n ? "-" : "");

/** Of a second: three digits or six, where there are any. */
function fractionText(micros: bigint): string {
  const fraction = absolute(micros) % 1_000_000n;
  if (fraction === 0n) return "";
  return `.${String(fraction).padStart(6, "0").replace(/000$/, "")}`;
}

/** BigQuery's canonical form: `[sign]Y-M [sign]D [sign]H:M:S[.F]`. */
export function intervalText({ months, days, micros }: Interval): string {
  const years = `${minus(months)}${absolute(months) / 12n}-${absolute(months) % 12n}`;
  const seconds = absolute(micros) / 1_000_000n;
  const clock = `${seconds / 3600n}:${(seconds / 60n) % 60n}:${seconds % 60n}`;
  return `${years} ${days} ${minus(micros)}${clock}${fractionText(micros)}`;
}

/** ISO 8601, as JSON has it: each part with its own sign, and none that is zero. */
export function intervalIso({ months, days, micros }: Interval): string {
  const part = (value: bigint, letter: string) => (value === 0n ? "" : `${value}${letter}`);
  const seconds = micros / 1_000_000n;
  const fraction = fractionText(micros).replace(/0+$/, "");
  const lastSeconds = `${minus(micros)}${absolute(seconds % 60n)}${fraction}S`;
  const clock =
    part(seconds / 3600n, "H") +
    part((seconds / 60n) % 60n, "M") +
    (seconds % 60n === 0n && fraction === "" ? "" : lastSeconds);
  const date = part(months / 12n, "Y") + part(months % 12n, "M") + part(days, "D");
  return date + clock === "" ? "P0Y" : `P${date}${clock === "" ? "" : `T${clock}`}`;
}

const fields = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"];
const number = "(\\d{1,10})";
const second = "(\\d{1,10}(?:\\.\\d{1,9})?)";
const sign = "([+-]?)";

/** The pattern of `from TO to`, and the parts that its groups are: a sign begins date, day and time. */
function shapeOf(from: number, to: number): { pattern: RegExp; parts: string[] } {
  let pattern = "";
  for (let i = from; i <= to; i++) {
    const signed = i === from || i === 2 || i === 3;
    const separator = i === from ? "" : i === 1 ? "-" : i <= 3 ? " " : ":";
    pattern += `${separator}${signed ? sign : "()"}${i === 5 ? second : number}`;
  }
  return { pattern: new RegExp(`^${pattern}$`), parts: fields.slice(from, to + 1) };
}

/** Null where `to` does not come after `from`, or one of them is no part of such a text. */
export function rangeShape(from: string, to: string) {
  const [first, last] = [fields.indexOf(from), fields.indexOf(to)];
  return first < 0 || last <= first ? null : shapeOf(first, last);
}

function secondsMicros(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole || "0") * 1_000_000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

const invalid = (text: string, why = "") => new Error(`Invalid INTERVAL value '${text}'${why}`);

/** A text that has all parts of a shape; null where it has another one. */
function readShape(text: string, shape: ReturnType<typeof shapeOf>): Interval | null {
  const found = shape.pattern.exec(text);
  if (!found) return null;
  let negative = false;
  const amounts = shape.parts.map((part, i): [string, bigint] => {
    const [mark, digits = "0"] = [found[1 + 2 * i], found[2 + 2 * i]];
    // Minutes and seconds have the sign of their hours, months that of their years.
    if (i === 0 || part === "DAY" || part === "HOUR") negative = mark === "-";
    const amount = part === "SECOND" ? secondsMicros(digits) : BigInt(digits);
    return [part === "SECOND" ? "MICROSECOND" : part, negative ? -amount : amount];
  });
  return sumOf(amounts);
}

/** The text of an INTERVAL literal that names its first and last part. */
export function readRange(text: string, shape: ReturnType<typeof shapeOf>): Interval {
  const interval = readShape(text, shape);
  if (!interval) throw invalid(text);
  return interval;
}

/** The text of an INTERVAL literal of one part; a fraction is for seconds alone. */
export function readSingle(text: string, part: string): Interval {
  const found = /^([+-]?)(?=\.?\d)(\d{0,19})(?:\.(\d{1,9}))?$/.exec(text);
  if (!found || (found[3] !== undefined && part !== "SECOND")) throw invalid(text);
  if (part === "SECOND") {
    const micros = secondsMicros(text.replace(/^[+-]/, ""));
    return checkedInterval({ months: 0n, days: 0n, micros: found[1] === "-" ? -micros : micros });
  }
  return sumOf([[part, BigInt(text.replace("+", ""))]]);
}

/** Shapes that say by their separators alone which parts they have. */
const canonical = [
  ...[1, 2, 3, 4, 5].map((to) => shapeOf(0, to)),
  ...[3, 4, 5].map((to) => shapeOf(1, to)),
  ...[4, 5].map((to) => shapeOf(2, to)),
  shapeOf(3, 5),
];

/** CAST AS INTERVAL: the canonical form, or ISO 8601's. */
export function parseInterval(text: string): Interval {
  if (text.startsWith("P")) return parseIso(text);
  for (const shape of canonical) {
    const interval = readShape(text, shape);
    if (interval) return interval;
  }
  throw invalid(text);
}

const isoParts: Record<string, Record<string, string>> = {
  date: { Y: "YEAR", M: "MONTH", W: "WEEK", D: "DAY" },
  time: { H: "HOUR", M: "MINUTE", S: "MICROSECOND" },
};

function parseIso(text: string): Interval {
  const [, date = "", time] = /^P([^T]*)(?:T(.*))?$/s.exec(text) ?? [];
  const amounts = [...readIso(text, date, "date"), ...readIso(text, time ?? "", "time")];
  if (amounts.length === 0 && time === undefined) {
    throw invalid(text, ": At least one datetime part must be defined in the interval");
  }
  return sumOf(amounts);
}

function readIso(whole: string, text: string, side: "date" | "time"): [string, bigint][] {
  const amounts: [string, bigint][] = [];
  let rest = text;
  while (rest !== "") {
    const found = /^(-?)(\d{1,19})(\.\d{1,9})?([A-Z])/.exec(rest);
    const part = isoParts[side]?.[found?.[4] ?? ""];
    if (!found || !part) throw invalid(whole);
    const [, mark = "", digits = "0", fraction = "", letter] = found;
    if (fraction !== "" && letter !== "S") {
      throw invalid(
        whole,
        `: Fractional values are only allowed for seconds part 'S', but were used for '${letter}'`,
      );
    }
    const amount = letter === "S" ? secondsMicros(digits + fraction) : BigInt(digits);
    amounts.push([part, mark === "-" ? -amount : amount]);
    rest = rest.slice(found[0].length);
  }
  return amounts;
}
