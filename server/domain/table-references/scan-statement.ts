import { scanAlias } from "./scan-from.ts";
import type { ScanState } from "./scan-state.ts";
import { readPath, textOf } from "./table-path.ts";

const createModifiers = new Set(
  "OR REPLACE TEMP TEMPORARY EXTERNAL MATERIALIZED SNAPSHOT RECURSIVE PUBLIC PRIVATE AGGREGATE".split(
    " ",
  ),
);

/** Words after which the next statement of a script begins at once. */
const blockWords = new Set(["BEGIN", "LOOP", "REPEAT", "ELSE", "END"]);

/**
 * Reads how a statement begins, up to and with the table that it writes: that one is no source, but
 * its name and alias can be the root of a path.
 */
export function scanStatementStart(scan: ScanState): void {
  const word = scan.code();
  if (blockWords.has(word)) {
    scan.at += 1;
    return;
  }
  if (scan.tokens.kinds[scan.at] === "word" && scan.code(1) === ":") {
    // A label before BEGIN, LOOP, WHILE, REPEAT or FOR.
    scan.at += 2;
    return;
  }
  scan.atStatementStart = false;
  if (word === "CREATE") scanCreate(scan);
  else if (word === "MERGE") scanWritten(scan, "merge", "INTO");
  else if (word === "UPDATE") scanWritten(scan, "dml", "");
  else if (word === "DELETE") scanWritten(scan, "dml", "FROM");
  else if (word === "INSERT") scanInsert(scan);
}

function scanWritten(scan: ScanState, kind: "merge" | "dml", optional: string): void {
  scan.statementKind = kind;
  scan.at += 1;
  if (optional !== "" && scan.code() === optional) scan.at += 1;
  const path = readPath(scan.tokens, scan.at);
  if (!path) return;
  const start = scan.at;
  scan.at = path.next;
  if (!scanAlias(scan)) scan.aliases.addAlias(scan.frame.scope, path.last, start);
}

function scanInsert(scan: ScanState): void {
  scan.statementKind = "dml";
  scan.at += 1;
  if (scan.code() === "INTO") scan.at += 1;
  scan.at = readPath(scan.tokens, scan.at)?.next ?? scan.at;
}

/** CREATE … up to the name of what is made. */
function scanCreate(scan: ScanState): void {
  scan.statementKind = "create";
  scan.at += 1;
  let isTemporary = false;
  for (; createModifiers.has(scan.code()); scan.at += 1) {
    if (scan.code() === "TEMP" || scan.code() === "TEMPORARY") isTemporary = true;
  }
  const isTable =
    (scan.code() === "TABLE" || scan.code() === "VIEW") && scan.code(1) !== "FUNCTION";
  const isFunction = scan.code() === "FUNCTION" || scan.code(1) === "FUNCTION";
  scan.at += scan.code(1) === "FUNCTION" ? 2 : 1;
  if (scan.code() === "IF" && scan.code(1) === "NOT") scan.at += 3;
  const path = readPath(scan.tokens, scan.at);
  if (!path) return;
  scan.at = path.next;
  if (isTable && isTemporary) scan.createTemporary(path.name);
  if (isFunction && scan.code() === "(") declareTableParameters(scan);
}

/** `f(t TABLE<…>)`, `f(t ANY TABLE)`: within the function's body `t` is what the caller gives. */
function declareTableParameters(scan: ScanState): void {
  const { codes, closers, kinds } = scan.tokens;
  const closer = closers[scan.at] ?? -1;
  for (let at = scan.at + 1; at < closer; at += 1) {
    // Parameters hold no statements: where one ends, the parenthesis was never meant to close here.
    if (codes[at] === ";") return;
    if (codes[at] !== "TABLE") continue;
    const nameAt = codes[at - 1] === "ANY" ? at - 2 : at - 1;
    if (kinds[nameAt] === "word") scan.declareCte(scan.frame, textOf(scan.tokens, nameAt));
  }
}
