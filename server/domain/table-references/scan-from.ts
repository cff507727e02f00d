import { isReserved } from "./keywords.ts";
import { legacyTableFunctions, readBracketed, readLegacyWildcard } from "./legacy-tables.ts";
import type { ScanState } from "./scan-state.ts";
import { isTableName } from "./source-names.ts";
import { readPath, startsName, textOf } from "./table-path.ts";

/** Functions of legacy SQL whose first argument is a table. */
const firstArgumentIsTable = new Set(["FLATTEN", "JS"]);

/**
 * Reads the table that a FROM clause expects at the current token. False where none stands there
 * (UNNEST, or SQL that is broken): the token is then read like any other.
 */
export function scanTable(scan: ScanState): boolean {
  const { frame } = scan;
  if (scan.code() === "(") {
    scanTableGroup(scan);
    return true;
  }
  frame.expectsTable = false;
  if (scan.code() === "[") return scanBracketed(scan);
  const path = readPath(scan.tokens, scan.at);
  if (!path) return false;
  if (scan.tokens.codes[path.next] === "(") {
    scanTableFunction(scan, path.next);
    return true;
  }
  addTable(scan, path);
  const start = scan.at;
  scan.at = path.next;
  if (!scanAlias(scan)) scan.aliases.addAlias(frame.scope, path.last, start);
  return true;
}

/** A table that a statement names outside any FROM clause (`TABLE x`, `CLONE x`). */
export function scanNamedTable(scan: ScanState): void {
  const path = readPath(scan.tokens, scan.at);
  if (!path) return;
  if (scan.tokens.codes[path.next] !== "(") addTable(scan, { ...path, root: null });
  scan.at = path.next;
}

function addTable(scan: ScanState, path: { name: string; root: string | null }): void {
  const { name, root } = path;
  if (!isTableName(name)) return;
  if (root !== null) scan.aliases.addPath(scan.frame.scope, root, name, scan.at);
  else if (name.includes(".") || !scan.isOwnName(name)) scan.found.push({ name, at: scan.at });
}

/**
 * A parenthesis where a table is expected: joined tables, which share this FROM clause's aliases, or
 * a derived table, which does not see them.
 */
function scanTableGroup(scan: ScanState): void {
  const { scope } = scan.frame;
  scan.frame.expectsTable = false;
  const group = scan.push("paren", scan.aliases.outerOf(scope));
  group.scope = scope;
  group.inFrom = true;
  group.expectsTable = true;
}

function scanBracketed(scan: ScanState): boolean {
  const table = readBracketed(scan.tokens, scan.at);
  if (!table) return false;
  if (isTableName(table.name)) scan.found.push({ name: table.name, at: scan.at });
  scan.at = table.next;
  scanAlias(scan);
  return true;
}

/** `f(…)` reads what its arguments name. `open` is its parenthesis. */
function scanTableFunction(scan: ScanState, open: number): void {
  const name = scan.code();
  const start = scan.at;
  const isPlain = open === scan.at + 1;
  scan.at = open;
  if (isPlain && legacyTableFunctions.has(name)) {
    const wildcard = readLegacyWildcard(scan.tokens, name, open);
    if (wildcard !== null && isTableName(wildcard)) scan.found.push({ name: wildcard, at: start });
  }
  if (isPlain && firstArgumentIsTable.has(name)) {
    scanTableGroup(scan);
    scan.frame.oneTable = true;
  }
}

/** An alias right behind a table, with or without AS. False where there is none. */
export function scanAlias(scan: ScanState): boolean {
  const hasAs = scan.code() === "AS";
  const at = hasAs ? scan.at + 1 : scan.at;
  if (!startsName(scan.tokens, at)) return false;
  if (!hasAs && !canBeBareAlias(scan)) return false;
  scan.aliases.addAlias(scan.frame.scope, textOf(scan.tokens, at), at);
  scan.at = at + 1;
  return true;
}

/** PIVOT(…) and UNPIVOT [INCLUDE NULLS] (…) follow a table as an alias would. */
function canBeBareAlias(scan: ScanState): boolean {
  if (scan.code(1) === "(") return false;
  return scan.code() !== "UNPIVOT" || !["INCLUDE", "EXCLUDE"].includes(scan.code(1));
}

/** `UNNEST(…) WITH OFFSET [[AS] alias]`: the current token is OFFSET. */
export function scanOffset(scan: ScanState): void {
  const at = scan.at;
  scan.at += 1;
  const hasAlias = scan.code() === "AS" || !isReserved(scan.code());
  if (!hasAlias || !scanAlias(scan)) scan.aliases.addAlias(scan.frame.scope, "offset", at);
}
