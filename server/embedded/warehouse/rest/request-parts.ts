import { etagOf } from "../catalog.ts";
import { WarehouseError } from "../contract.ts";
import { pageToken, placeOf, wholeNumber } from "../page-token.ts";

/** A page of a list; the token is the place of the next. */
export function page<T>(
  all: T[],
  query: { maxResults?: string; pageToken?: string },
): { items: T[]; nextPageToken: string | undefined } {
  const start = placeOf(query.pageToken);
  const limit = Math.min(10_000, wholeNumber(query.maxResults, "maxResults") || 1000);
  const next = start + limit;
  return {
    items: all.slice(start, next),
    nextPageToken: next < all.length ? pageToken(next) : undefined,
  };
}

/** A flag of the query string; Google's client for Python sends `True`. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === "true";
}

/** If-Match: the caller changes only what it has seen. */
export function checkEtag(given: string | undefined, document: unknown): void {
  if (given === undefined || given === "*" || given.replaceAll('"', "") === etagOf(document))
    return;
  throw Object.assign(new Error("Precondition check failed."), { statusCode: 412 });
}

/** A patch over properties: null removes, within `labels` too. */
export function mergeProperties(
  before: Record<string, unknown>,
  patch: Record<string, unknown>,
  derived: string[],
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    if (derived.includes(key)) continue;
    if (value === null) delete merged[key];
    else if (key === "labels") merged[key] = mergeLabels(before[key], value);
    else merged[key] = value;
  }
  return merged;
}

function mergeLabels(before: unknown, patch: unknown): Record<string, unknown> {
  if (typeof patch !== "object" || patch === null) {
    throw new WarehouseError("invalid", "Invalid value for labels: an object is expected");
  }
  const merged = { ...(before as Record<string, unknown> | undefined), ...patch };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}
