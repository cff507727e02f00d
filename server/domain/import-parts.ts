import type { IdPart, IdRange, PagePart } from "./primitive-select.ts";

/** Below this one room waits long for the other's last part, and above it a death costs too much. */
const fewestParts = 16;
const mostParts = 64;

/**
 * In how many parts an import is read, 0 where it is not worth the while: from `dividedFrom` bytes on,
 * each of a sixteenth of that, up to 64 parts; larger ones then.
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

/**
 * About so many parts of as many pages each, of tables with so many pages (a partitioned one has several,
 * each counted from 0): together every row, each once, wherever the tables end by now.
 */
export function partsOfPages(tables: number[], count: number): PagePart[] {
  const most = Math.max(0, ...tables);
  const pagesBelow = (page: number) =>
    tables.reduce((sum, pages) => sum + Math.min(page, pages), 0);
  const share = pagesBelow(most) / count;
  const cuts = new Set<number>();
  for (let part = 1; part < count; part++) {
    const cut = firstPage(most, (page) => pagesBelow(page) >= part * share);
    if (cut > 0 && cut < most) cuts.add(cut);
  }
  const bounds = [null, ...cuts, null];
  return bounds.slice(1).map((belowPage, at) => ({ fromPage: bounds[at] ?? null, belowPage }));
}

/** The lowest page up to `most` of which it is true, as of all behind it. */
function firstPage(most: number, isEnough: (page: number) => boolean): number {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
