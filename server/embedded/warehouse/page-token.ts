import { WarehouseError } from "./contract.ts";

/** The place where the next page begins, as clients hand it back. */
export function pageToken(place: string | number): string {
  return Buffer.from(String(place)).toString("base64url");
}

/** Throws `invalid` for what is no token of ours. */
export function readPageToken(token: string): string {
  const place = Buffer.from(token, "base64url").toString("utf8");
  if (place !== "" && pageToken(place) === token) return place;
  throw invalidToken(token);
}

export function invalidToken(token: string): WarehouseError {
  return new WarehouseError("invalid", `Invalid page token: ${token}`);
}

/** A parameter that counts; undefined where it is absent or empty. */
export function wholeNumber(value: string | number | undefined, name: string): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = typeof value === "string" && value.trim() !== value ? Number.NaN : Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new WarehouseError("invalid", `Invalid value for ${name}: ${value}`);
}

/** The place in a list that a token names. */
export function placeOf(token: string | undefined): number {
  if (!token) return 0;
  const place = readPageToken(token);
  if (/^\d{1,15}$/.test(place)) return Number(place);
  throw invalidToken(token);
}
