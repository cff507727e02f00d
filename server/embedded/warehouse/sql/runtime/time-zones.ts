/** Names of the time zone database without a slash; ICU's further abbreviations are no names to BigQuery. */
const plainNames = new Set(
  "CET CST6CDT Cuba EET EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT UTC Universal W-SU WET Zulu".split(
    " ",
  ),
);

const word = "(?:[A-Z][a-z']+|Mc[A-Z][a-z]+|[A-Z]{2,3}|[A-Z][a-z]+[A-Z][A-Za-z]+|of|in|es|au|d)";
const slashed = new RegExp(`^[A-Z][A-Za-z]+(?:/${word}(?:[_-]${word})*(?:[+-]?\\d+)?)+$`);

/** Does BigQuery know a zone of this name? It minds the case, which DuckDB does not. */
export function isZoneName(name: string): boolean {
  if (plainNames.has(name)) return true;
  if (!slashed.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const offset = /^(?:UTC)?([+-])(\d{1,2})(?::?(\d{1,2}))?$/;
const known = new Map<string, bigint | null>();

/** Microseconds east of Greenwich for "+05:30" and "UTC-8"; null for a zone by name. */
export function zoneShift(zone: string): bigint | null {
  const cached = known.get(zone);
  if (cached !== undefined) return cached;
  const shift = readShift(zone);
  if (known.size > 1000) known.clear();
  known.set(zone, shift);
  return shift;
}

function readShift(zone: string): bigint | null {
  const found = offset.exec(zone);
  const minutes = Number(found?.[2]) * 60 + Number(found?.[3] ?? 0);
  if (found && minutes <= 14 * 60 && Number(found[3] ?? 0) < 60) {
    return BigInt(found[1] === "-" ? -minutes : minutes) * 60_000_000n;
  }
  if (found || !isZoneName(zone)) throw new Error(`Invalid time zone: ${zone}`);
  return null;
}
