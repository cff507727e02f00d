import { monthNames, utc, weekdayNames } from "./civil-time.ts";
import { isZoneName } from "./time-zones.ts";

interface Fields {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  micros: number;
  /** Read by %I or %l, where %p counts. */
  twelve: boolean;
  afternoon: boolean;
  /** Minutes east of UTC. */
  offset: number | null;
  epoch: bigint | null;
}

type Reader = (found: string, fields: Fields) => void;
type Rule = [pattern: RegExp, read: Reader];

const number = (width: number, set: (fields: Fields, value: number) => void): Rule => [
  new RegExp(`\\s?\\d{1,${width}}`, "y"),
  (found, fields) => set(fields, Number(found)),
];

const names = (list: string[], set: (fields: Fields, index: number) => void): Rule => [
  new RegExp([...list, ...list.map((name) => name.slice(0, 3))].join("|"), "iy"),
  (found, fields) => {
    const prefix = found.slice(0, 3).toLowerCase();
    set(
      fields,
      list.findIndex((name) => name.toLowerCase().startsWith(prefix)),
    );
  },
];

const month = names(monthNames, (f, i) => {
  f.month = i + 1;
});
const weekday = names(weekdayNames, () => undefined);
const day = number(2, (f, n) => {
  f.day = n;
});
const hour = number(2, (f, n) => {
  f.hour = n;
});
const offset: Rule = [
  /[zZ]|[+-]\d{2}:?(?:\d{2})?/y,
  (found, f) => {
    const [, sign, hours, minutes] = /([+-])(\d\d):?(\d\d)?/.exec(found) ?? [];
    f.offset = (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
  },
];
const seconds: Rule = [
  /\d{1,2}(?:\.\d*)?/y,
  (found, f) => {
    const [whole = "0", fraction = ""] = found.split(".");
    f.second = Number(whole);
    f.micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
  },
];

const rules: Record<string, Rule> = {
  Y: [
    /\d{1,4}/y,
    (found, f) => {
      f.year = Number(found);
    },
  ],
  E4Y: [
    /\d{4}/y,
    (found, f) => {
      f.year = Number(found);
    },
  ],
  y: number(2, (f, n) => {
    f.year = n < 69 ? 2000 + n : 1900 + n;
  }),
  m: number(2, (f, n) => {
    f.month = n;
  }),
  d: day,
  e: day,
  b: month,
  h: month,
  B: month,
  a: weekday,
  A: weekday,
  H: hour,
  k: hour,
  I: number(2, (f, n) => {
    f.hour = n < 1 || n > 12 ? 99 : n;
    f.twelve = true;
  }),
  l: number(2, (f, n) => {
    f.hour = n < 1 || n > 12 ? 99 : n;
    f.twelve = true;
  }),
  M: number(2, (f, n) => {
    f.minute = n;
  }),
  S: number(2, (f, n) => {
    f.second = n;
  }),
  "E*S": seconds,
  p: [
    /[ap]m/iy,
    (found, f) => {
      f.afternoon = found.toLowerCase() === "pm";
    },
  ],
  P: [
    /[ap]m/iy,
    (found, f) => {
      f.afternoon = found.toLowerCase() === "pm";
    },
  ],
  z: [/[+-]\d{2}:?(?:\d{2})?/y, offset[1]],
  Ez: offset,
  Z: [
    /[A-Za-z][\w/+-]*/y,
    (found, f) => {
      if (found !== "UTC" && isZoneName(found))
        throw new Error(`not supported by the local warehouse: %Z with ${found}`);
      if (found !== "UTC") throw failed(found);
      f.offset = 0;
    },
  ],
  s: [
    /-?\d+/y,
    (found, f) => {
      f.epoch = BigInt(found);
    },
  ],
  "%": [/%/y, () => undefined],
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

const forbidden: Record<string, string> = {
  DATE: "HIMSpPklzZs",
  TIME: "YymdebhBaAzZs",
  DATETIME: "zZs",
  TIMESTAMP: "",
};

/**
 * PARSE_DATE and its like: microseconds since 1970 of the wall clock, or (with `hasOffset`, told by
 * a Z in the answer) of the moment. Throws where BigQuery would, and on elements not known here.
 */
export function parseTime(kind: string, format: string, text: string): string {
  const fields: Fields = {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    micros: 0,
    twelve: false,
    afternoon: false,
    offset: null,
    epoch: null,
  };
  const flat = expand(format);
  if (/%$/.test(flat.replaceAll("%%", "")))
    throw new Error("Format string cannot end with a single '%'");
  let at = skipSpace(text, 0);
  for (const [token] of flat.trimStart().matchAll(/%(?:E4Y|E\*S|Ez|[\s\S])|\s+|[^%\s]+/g)) {
    at = readToken(kind, token, text, at, fields);
  }
  if (skipSpace(text, at) < text.length) throw failed(text);
  if (fields.epoch !== null) return `${fields.epoch * 1_000_000n}Z`;
  return total(fields, text);
}

/** Whether all of the format's elements can be read. */
export function knowsFormat(kind: string, format: string): boolean {
  const elements = [...expand(format).matchAll(/%(E4Y|E\*S|Ez|[\s\S])/g)].map(
    (found) => found[1] ?? "",
  );
  return elements.every(
    (name) => "nt".includes(name) || (name !== "Z" && ruleOf(kind, name) !== undefined),
  );
}

const expand = (format: string) =>
  format.replace(/%([FDxTXRc])/g, (whole, name: string) => composites[name] ?? whole);

function ruleOf(kind: string, name: string): Rule | undefined {
  return forbidden[kind]?.includes(name.at(-1) ?? "") ? undefined : rules[name];
}

function readToken(kind: string, token: string, text: string, at: number, fields: Fields): number {
  if (/^\s/.test(token) || token === "%n" || token === "%t") return skipSpace(text, at);
  if (!token.startsWith("%")) {
    if (!text.startsWith(token, at)) throw failed(text);
    return at + token.length;
  }
  const name = token.slice(1);
  const rule = ruleOf(kind, name);
  if (!rule) {
    throw new Error(`not supported by the local warehouse: the format element ${token}`);
  }
  const [pattern, read] = rule;
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  if (found === undefined) throw failed(text);
  read(found, fields);
  return at + found.length;
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (/\s/.test(text[end] ?? "")) end++;
  return end;
}

function total(f: Fields, text: string): string {
  let { hour } = f;
  if (f.twelve && hour <= 12) hour = (hour % 12) + (f.afternoon ? 12 : 0);
  const date = utc(f.year, f.month, f.day);
  const back = new Date(date);
  const real = back.getUTCMonth() + 1 === f.month && back.getUTCDate() === f.day && f.year >= 1;
  if (!real || hour > 23 || f.minute > 59 || f.second > 60) throw failed(text);
  const secondsOfDay = hour * 3600 + f.minute * 60 + f.second - (f.offset ?? 0) * 60;
  const micros = BigInt(date) * 1000n + BigInt(secondsOfDay) * 1_000_000n + BigInt(f.micros);
  return `${micros}${f.offset === null ? "" : "Z"}`;
}

function failed(text: string): Error {
  return new Error(`Failed to parse input string "${text}"`);
}
