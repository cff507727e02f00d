import { currentCurrency } from "./state/create-currency.ts";

const integers = new Intl.NumberFormat("en");
const byteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];

export function formatCount(count: number): string {
  return integers.format(count);
}

/** `1 table`, `2 tables`. */
export function formatPlural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Bytes in powers of 1024, as BigQuery bills them. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** With enough digits that a small query does not read as free. */
export function formatPrice(price: number): string {
  const digits = priceDigits(price);
  const text = (value: number) =>
    value.toLocaleString("en", {
      style: "currency",
      currency: currentCurrency(),
      useGrouping: false,
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  return price > 0 && price < 0.0001 ? `< ${text(0.0001)}` : text(price);
}

function priceDigits(price: number): number {
  if (price === 0) return 0;
  return price < 0.01 ? 4 : 2;
}

export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `3 min ago`, `in 2 h`, from two instants in ms. */
export function formatRelative(instantMs: number, nowMs: number): string {
  const ago = nowMs - instantMs;
  const size = Math.abs(ago) / 1000;
  if (size < 5) return "just now";
  const words = relativeWords(size);
  return ago >= 0 ? `${words} ago` : `in ${words}`;
}

function relativeWords(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h`;
  if (seconds < 86_400 * 60) return `${Math.round(seconds / 86_400)} d`;
  return `${Math.round(seconds / (86_400 * 30))} months`;
}

const absolute: Intl.DateTimeFormatOptions = {
  weekday: "short",
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
};
const localInstant = new Intl.DateTimeFormat("en-GB", absolute);

/** In the browser's time zone, or in the one named. */
export function formatInstant(iso: string, timeZone?: string): string {
  const format =
    timeZone === undefined
      ? localInstant
      : new Intl.DateTimeFormat("en-GB", { ...absolute, timeZone });
  return format.format(new Date(iso));
}

/** The time of day alone, of an instant in ms. */
export function formatClock(instantMs: number): string {
  return new Date(instantMs).toLocaleTimeString("en-GB");
}

/** Of a field for a date and a time, which are those of the browser's zone. */
export function instantOf(local: string | undefined): string | undefined {
  const ms = Date.parse(local ?? "");
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
