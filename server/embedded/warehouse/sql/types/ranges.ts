import { parseTemporal } from "./temporal-literals.ts";
import { fill, letIn, type Typed } from "./typed.ts";
import { type RangeKind, rangeElement, scalar } from "./types.ts";

/**
 * RANGE<T> is a struct of its two ends to DuckDB; what is unbounded is minus infinity or infinity there,
 * so that comparing, sorting and grouping are DuckDB's.
 */
const sqlTypes = { DATE: "DATE", DATETIME: "TIMESTAMP", TIMESTAMP: "TIMESTAMPTZ" };

export function boundless(kind: RangeKind): [start: string, end: string] {
  const type = sqlTypes[rangeElement(kind)];
  return [`'-infinity'::${type}`, `'infinity'::${type}`];
}

const disorder = "Range start element must be smaller than range end element";

/** `failure`: what stands where the start is not below the end. */
export function rangeSql(kind: RangeKind, start: string, end: string, failure?: string): string {
  const [low, high] = boundless(kind);
  const fail = failure ?? `error('${disorder}' || left(CAST($1 AS VARCHAR), 0))`;
  return letIn(`CASE WHEN $1 < $2 THEN struct_pack("start" := $1, "end" := $2) ELSE ${fail} END`, [
    `coalesce(${start}, ${low})`,
    `coalesce(${end}, ${high})`,
  ]);
}

const unbounded = /^(unbounded|null)$/i;

/** The text of a literal; a sentence says what is wrong with it. */
export function rangeLiteral(text: string, kind: RangeKind): Typed | string {
  if (!/^\[[\s\S]*\)$/.test(text)) {
    return `Failed to parse range: range must be formatted exactly as [START, END) (found ${text})`;
  }
  const parts = text.slice(1, -1).split(", ");
  if (parts.length !== 2 || parts.some((part) => part.includes(","))) {
    return 'Failed to parse range: range must be formatted exactly as [START, END) with two parts, START and END, divided with ", "';
  }
  const element = rangeElement(kind);
  const ends: string[] = [];
  for (const part of parts) {
    const end = part.trim() === part ? parseTemporal(part, scalar(element)) : null;
    if (!end && !unbounded.test(part)) return `Invalid ${element.toLowerCase()}: '${part}'`;
    ends.push(end?.sql ?? "NULL");
  }
  return { sql: rangeSql(kind, ends[0] ?? "NULL", ends[1] ?? "NULL"), type: scalar(kind) };
}

type Cast = (from: Typed, element: ReturnType<typeof rangeElement>) => string;

/** CAST of a STRING; `fail` makes what stands for a text that is no range. */
export function rangeOfText(
  text: string,
  kind: RangeKind,
  cast: Cast,
  fail: ((message: string) => string) | null,
): string {
  const wrong = fail?.(
    "'Failed to parse range: range must be formatted exactly as [START, END), found ' || $1",
  );
  const ends = [1, 2].map((group) => {
    const part = `regexp_extract($1, '^\\[([^,]*), ([^,]*)\\)$', ${group})`;
    const value = cast({ sql: part, type: scalar("STRING") }, rangeElement(kind));
    const [low, high] = boundless(kind);
    const infinite = group === 1 ? low : high;
    return `CASE WHEN lower(${part}) IN ('unbounded', 'null') THEN ${infinite} ELSE coalesce(${value}, CAST(NULL AS ${sqlTypes[rangeElement(kind)]})) END`;
  });
  const made = letIn(
    `CASE WHEN $1 < $2 THEN struct_pack("start" := $1, "end" := $2) ELSE ${fail ? fail(`'${disorder}' || left(CAST($1 AS VARCHAR), 0)`) : "NULL"} END`,
    ends as [string, string],
  );
  return fill(
    `CASE WHEN $1 IS NULL THEN NULL WHEN regexp_full_match($1, '\\[[^,]*, [^,]*\\)') THEN ${made} ELSE ${wrong ?? "NULL"} END`,
    [text],
  );
}

/** `[start, end)`; `text` writes one end. */
export function rangeText(value: string, text: (end: string) => string): string {
  const [start, end] = ["start", "end"].map((which) => {
    const bound = `struct_extract($1, '${which}')`;
    return `CASE WHEN isinf(${bound}) THEN 'UNBOUNDED' ELSE ${text(bound)} END`;
  });
  return fill(`CASE WHEN $1 IS NULL THEN NULL ELSE '[' || ${start} || ', ' || ${end} || ')' END`, [
    value,
  ]);
}

/** A JSON object of both ends, null where there is none. */
export function rangeObject(value: string, text: (end: string) => string): string {
  const [start, end] = ["start", "end"].map((which) => {
    const bound = `struct_extract($1, '${which}')`;
    return `"${which}" := CASE WHEN isinf(${bound}) THEN NULL ELSE ${text(bound)} END`;
  });
  return fill(`CASE WHEN $1 IS NULL THEN NULL ELSE struct_pack(${start}, ${end}) END`, [value]);
}
