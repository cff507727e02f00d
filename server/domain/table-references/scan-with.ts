import type { ScanState } from "./scan-state.ts";
import { startsName, textOf } from "./table-path.ts";

/**
 * The WITH clause. A name is in scope from the end of its own query on, to the end of the query
 * that the WITH clause belongs to; under RECURSIVE all names are in scope from the start. It hides
 * tables written with one part alone.
 */
export function scanWith(scan: ScanState): void {
  // A name `recursive` must itself be followed by AS.
  const isRecursive = scan.code(1) === "RECURSIVE" && scan.code(2) !== "AS";
  const first = scan.at + (isRecursive ? 2 : 1);
  const body = bodyOf(scan, first);
  if (body < 0) {
    // WITH OFFSET, WITH CONNECTION, WITH PARTITION COLUMNS: no names come into scope.
    scan.at += 1;
    return;
  }
  if (isRecursive) declareAll(scan, first);
  openBody(scan, first, body, isRecursive);
}

/** A query of a WITH clause has closed: declares its name and goes on to the next. */
export function continueWith(scan: ScanState, name: string, isRecursive: boolean): void {
  if (!isRecursive) scan.declareCte(scan.frame, name);
  if (scan.code() !== ",") return;
  const body = bodyOf(scan, scan.at + 1);
  if (body >= 0) openBody(scan, scan.at + 1, body, isRecursive);
}

/** The parenthesis of `name [(columns)] AS (`, or -1 where no such thing stands at `at`. */
function bodyOf(scan: ScanState, at: number): number {
  const { codes, closers } = scan.tokens;
  const isName = startsName(scan.tokens, at) || codes[at] === "RECURSIVE";
  if (!isName) return -1;
  const closer = codes[at + 1] === "(" ? (closers[at + 1] ?? -1) : at;
  if (closer < 0 || codes[closer + 1] !== "AS") return -1;
  return codes[closer + 2] === "(" ? closer + 2 : -1;
}

function openBody(scan: ScanState, nameAt: number, body: number, isRecursive: boolean): void {
  scan.at = body;
  // It sees the aliases around the whole query, none of the query that the clause stands before.
  const frame = scan.push("paren", scan.frame.outer);
  frame.cte = textOf(scan.tokens, nameAt);
  frame.isRecursive = isRecursive;
}

function declareAll(scan: ScanState, first: number): void {
  const { codes, closers } = scan.tokens;
  let at = first;
  for (;;) {
    const body = bodyOf(scan, at);
    if (body < 0) return;
    scan.declareCte(scan.frame, textOf(scan.tokens, at));
    const closer = closers[body] ?? -1;
    if (closer < 0 || codes[closer + 1] !== ",") return;
    at = closer + 2;
  }
}
