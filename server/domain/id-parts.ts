import type { IdPart, IdRange } from "./primitive-select.ts";

/** Below this a part is not worth a connection of its own, and above it a death costs too much. */
const fewestParts = 8;
const mostParts = 64;

/**
 * In how many parts an import is read, 0 where it is not worth the while: from `dividedFrom` bytes on,
 * each of an eighth of that, up to 64 parts; larger ones then.
 */
export function countParts(bytes: number, dividedFrom: number): number {
  if (dividedFrom === 0 || bytes < dividedFrom) return 0;
  return Math.min(
    mostParts,
    Math.max(fewestParts, Math.round((fewestParts * bytes) / dividedFrom)),
  );
}

/** The parts between these rising values: together every row of the range, each once. */
export function partsBetween(
  cuts: string[],
  { column, isNullable }: { column: string; isNullable: boolean },
  range: IdRange | null,
): IdPart[] {
  const bounds = [null, ...cuts, null];
  const parts = bounds.slice(1).map((upTo, at): IdPart => {
    const above = bounds[at] ?? null;
    return { column, isNull: false, above, upTo };
  });
  // The ids of a range on the same column are not NULL.
  const hasNulls = isNullable && range?.column !== column;
  return hasNulls ? [...parts, { column, isNull: true }] : parts;
}
