import { type CivilTime, civilTime, isoWeek, monthNames, weekdayNames } from "./civil-time.ts";

type Element = (t: CivilTime) => string;

const two = (n: number) => String(n).padStart(2, "0");
const spaced = (n: number) => String(n).padStart(2, " ");
const hour12 = (t: CivilTime) => t.hour % 12 || 12;
const sinceMonday = (t: CivilTime) => (t.weekday + 6) % 7;
const short = (name: string | undefined) => (name ?? "").slice(0, 3);

const dateElements: Record<string, Element> = {
  Y: (t) => String(t.year),
  E4Y: (t) => String(t.year).padStart(4, "0"),
  C: (t) => String(Math.floor(t.year / 100)),
  y: (t) => two(t.year % 100),
  m: (t) => two(t.month),
  d: (t) => two(t.day),
  e: (t) => spaced(t.day),
  j: (t) => String(t.dayOfYear).padStart(3, "0"),
  b: (t) => short(monthNames[t.month - 1]),
  h: (t) => short(monthNames[t.month - 1]),
  B: (t) => monthNames[t.month - 1] ?? "",
  a: (t) => short(weekdayNames[t.weekday]),
  A: (t) => weekdayNames[t.weekday] ?? "",
  u: (t) => String(t.weekday === 0 ? 7 : t.weekday),
  w: (t) => String(t.weekday),
  Q: (t) => String(Math.floor((t.month + 2) / 3)),
  U: (t) => two(Math.floor((t.dayOfYear + 6 - t.weekday) / 7)),
  W: (t) => two(Math.floor((t.dayOfYear + 6 - sinceMonday(t)) / 7)),
  V: (t) => two(isoWeek(t).week),
  G: (t) => String(isoWeek(t).year),
  g: (t) => two(isoWeek(t).year % 100),
};

const clockElements: Record<string, Element> = {
  H: (t) => two(t.hour),
  I: (t) => two(hour12(t)),
  k: (t) => spaced(t.hour),
  l: (t) => spaced(hour12(t)),
  M: (t) => two(t.minute),
  S: (t) => two(t.second),
  p: (t) => (t.hour < 12 ? "AM" : "PM"),
  P: (t) => (t.hour < 12 ? "am" : "pm"),
  "E*S": (t) => `${two(t.second)}${fraction(t).replace(/\.?0+$/, "")}`,
};

const composites: Record<string, string> = {
  F: "%Y-%m-%d",
  D: "%m/%d/%y",
  x: "%m/%d/%y",
  T: "%H:%M:%S",
  X: "%H:%M:%S",
  R: "%H:%M",
  c: "%a %b %e %H:%M:%S %Y",
};

const plainElements: Record<string, string> = { n: "\n", t: "\t", "%": "%" };

const fraction = (t: CivilTime) => `.${String(t.micros).padStart(6, "0")}`;

const elementPattern = /%(E4Y|E\*S|E[0-6]S|Ez|[\s\S])/g;

/** Which elements a type has. */
const allowed: Record<string, Record<string, Element>[]> = {
  DATE: [dateElements],
  TIME: [clockElements],
  DATETIME: [dateElements, clockElements],
  TIMESTAMP: [dateElements, clockElements],
};

/**
 * FORMAT_DATE and its like. `local` is the wall clock, `instant` the moment, both in microseconds.
 * Throws on an element that the type or the local warehouse has not.
 */
export function formatTime(
  kind: string,
  format: string,
  local: bigint,
  instant: bigint,
  zone: string,
): string {
  const t = civilTime(local);
  const flat = format.replace(/%([FDxTXRc])/g, (whole, name: string) => composites[name] ?? whole);
  if (/%$/.test(flat.replaceAll("%%", ""))) throw unsupported("%");
  return flat.replace(elementPattern, (_, name: string) => {
    const plain = plainElements[name] ?? zoned(kind, name, local, instant, zone);
    if (plain !== null) return plain;
    const digits = /^E([0-6])S$/.exec(name)?.[1];
    if (digits !== undefined && kind !== "DATE") {
      return two(t.second) + (digits === "0" ? "" : fraction(t).slice(0, Number(digits) + 1));
    }
    const element = allowed[kind]?.map((elements) => elements[name]).find((e) => e !== undefined);
    if (!element) throw unsupported(`%${name}`);
    return element(t);
  });
}

function zoned(
  kind: string,
  name: string,
  local: bigint,
  instant: bigint,
  zone: string,
): string | null {
  if (kind !== "TIMESTAMP") return null;
  if (name === "s")
    return String((instant - (((instant % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  if (name === "Z" && zone === "UTC") return "UTC";
  if (name !== "z" && name !== "Ez") return null;
  const minutes = Number((local - instant) / 60_000_000n);
  const sign = minutes < 0 ? "-" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${sign}${two(hours)}${name === "Ez" ? ":" : ""}${two(rest)}`;
}

function unsupported(element: string): Error {
  return new Error(`not supported by the local warehouse: the format element ${element}`);
}
