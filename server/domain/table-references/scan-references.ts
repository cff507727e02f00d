import { noScope } from "./alias-scopes.ts";
import { tokenize } from "./lexer.ts";
import { scanAlias, scanNamedTable, scanOffset, scanTable } from "./scan-from.ts";
import { ScanState } from "./scan-state.ts";
import { scanStatementStart } from "./scan-statement.ts";
import { continueWith, scanWith } from "./scan-with.ts";
import { sortedNames } from "./source-names.ts";
import { startsName } from "./table-path.ts";

/**
 * The tables that BigQuery SQL reads, from its raw text: names as written without backticks,
 * wildcards kept, sorted. It knows the lexical rules exactly, and of the grammar what decides
 * whether a name is a table: statements, brackets, FROM clauses, WITH clauses and aliases. It takes
 * any text, in time linear in its length, without recursion; SQL that is new to it rather yields a
 * name too many than one too few.
 *
 * Tables that are only written (targets of CREATE, INSERT, MERGE, UPDATE, DELETE), common table
 * expressions, temporary tables, columns in a FROM clause, INFORMATION_SCHEMA and table functions
 * are no sources. SQL within string literals (EXECUTE IMMEDIATE) is not looked into.
 */
export function scanReferences(sql: string, options: { legacySql: boolean }): string[] {
  return sortedNames(new Set(scanTables(sql, options).found.map(({ name }) => name)));
}

/** The same with the places of the names, in no order. */
export function scanTables(
  sql: string,
  options: { legacySql: boolean },
): Pick<ScanState, "tokens" | "found"> {
  const legacySql = options.legacySql || /^\s*#legacySQL\b/i.test(sql);
  const scan = new ScanState(tokenize(sql, { legacySql }));
  const count = scan.tokens.kinds.length;
  while (scan.at < count) {
    const before = scan.at;
    step(scan);
    // Every step moves on, whatever the text is.
    if (scan.at <= before) scan.at = before + 1;
  }
  scan.aliases.resolve((name, at) => scan.found.push({ name, at }));
  return scan;
}

function step(scan: ScanState): void {
  if (scan.atStatementStart && scan.frame.kind === "statement") {
    const before = scan.at;
    scanStatementStart(scan);
    if (scan.at > before) return;
  }
  if (scan.frame.expectsTable && scanTable(scan)) return;
  const kind = scan.tokens.kinds[scan.at];
  if (kind === "mark") scanMark(scan);
  else if (kind === "word" && scan.code() !== "") scanKeyword(scan);
  else scan.at += 1;
}

function scanMark(scan: ScanState): void {
  switch (scan.code()) {
    case "(":
      scan.push("paren", scan.outerOfExpressions());
      return;
    case "[":
      scan.push("bracket", scan.outerOfExpressions());
      return;
    case ")":
      closeParen(scan);
      return;
    case "]":
      popTypes(scan);
      if (scan.frame.kind === "bracket") scan.pop();
      break;
    case ">":
      if (scan.frame.kind === "type") scan.pop();
      break;
    case ",":
      if (scan.frame.inFrom && !scan.frame.oneTable) scan.frame.expectsTable = true;
      break;
    case ";":
      scan.at += 1;
      scan.startStatement();
      return;
    case "|>":
      // What a pipe is applied to is a query, in the branches of FORK (|> …) too.
      scan.frame.hasQuery = true;
      scan.frame.inFrom = false;
      scan.openScope();
      scan.at += 1;
      if (scan.code() === "AS") scanAlias(scan);
      return;
  }
  scan.at += 1;
}

function popTypes(scan: ScanState): void {
  while (scan.frame.kind === "type") scan.pop();
}

/** Closes the innermost parenthesis with all that was left open in it. */
function closeParen(scan: ScanState): void {
  scan.at += 1;
  while (scan.frame.kind === "type" || scan.frame.kind === "bracket") scan.pop();
  if (scan.frame.kind !== "paren") return;
  const closed = scan.pop();
  if (closed.cte !== null) continueWith(scan, closed.cte, closed.isRecursive);
  else if (scan.frame.inFrom) scanAlias(scan);
}

function scanKeyword(scan: ScanState): void {
  const word = scan.code();
  if (scan.frame.kind === "type") {
    if (word !== "SELECT" && word !== "FROM") {
      scanOther(scan);
      return;
    }
    popTypes(scan);
  }
  switch (word) {
    case "SELECT":
      scanSelect(scan);
      return;
    case "FROM":
      scanFrom(scan);
      return;
    case "JOIN":
      scanJoin(scan);
      return;
    case "WITH":
      if (scan.code(1) === "OFFSET" && scan.frame.inFrom) {
        scan.at += 1;
        scanOffset(scan);
      } else scanWith(scan);
      return;
    case "WHERE":
    case "GROUP":
    case "HAVING":
    case "QUALIFY":
    case "WINDOW":
    case "ORDER":
    case "LIMIT":
      scan.frame.inFrom = false;
      break;
    case "UNION":
    case "INTERSECT":
    case "EXCEPT":
      scanSetOperation(scan);
      break;
    default:
      scanOther(scan);
      return;
  }
  scan.at += 1;
}

function scanSelect(scan: ScanState): void {
  const { frame } = scan;
  frame.hasQuery = true;
  frame.inFrom = false;
  frame.expectsTable = false;
  // `|> SELECT` goes on with the tables that the pipe has.
  if (scan.code(-1) !== "|>") frame.scope = scan.aliases.open(frame.outer);
  scan.at += 1;
}

/** FROM also stands within EXTRACT, TRIM and SUBSTRING, and in IS [NOT] DISTINCT FROM. */
function scanFrom(scan: ScanState): void {
  const { frame } = scan;
  const isFirst = scan.at === frame.first && scan.code(-2) !== "TRIM";
  const isClause = frame.kind === "statement" || frame.hasQuery || isFirst;
  scan.at += 1;
  if (!isClause || scan.code(-2) === "DISTINCT") return;
  if (isFirst && frame.kind === "paren") frame.scope = -1;
  scan.openScope();
  frame.hasQuery = true;
  frame.inFrom = true;
  frame.expectsTable = true;
}

function scanJoin(scan: ScanState): void {
  const { frame } = scan;
  scan.at += 1;
  if (!frame.hasQuery && !frame.inFrom) return;
  // Legacy SQL: JOIN EACH.
  if (scan.code() === "EACH" && (scan.code(1) === "[" || isTableAhead(scan))) scan.at += 1;
  scan.openScope();
  frame.inFrom = true;
  frame.expectsTable = true;
}

function isTableAhead(scan: ScanState): boolean {
  return scan.code(1) === "(" || startsName(scan.tokens, scan.at + 1);
}

/** The operands of a set operation do not see each other's aliases. `* EXCEPT (…)` is none. */
function scanSetOperation(scan: ScanState): void {
  const isOperation =
    scan.code() !== "EXCEPT" || scan.code(1) === "DISTINCT" || scan.code(1) === "ALL";
  if (!isOperation) return;
  const { frame } = scan;
  frame.inFrom = false;
  frame.scope = -1;
}

const typeConstructors = new Set(["ARRAY", "STRUCT", "RANGE"]);

/** Words that mean something in one place alone. */
function scanOther(scan: ScanState): void {
  const word = scan.code();
  const { frame } = scan;
  if (typeConstructors.has(word) && scan.code(1) === "<") {
    scan.at += 1;
    scan.push("type", frame.outer);
    return;
  }
  scan.at += 1;
  if (word === "TABLE") scanTableArgument(scan);
  else if (word === "TABLES") scanGraphTables(scan);
  else if (word === "AS" && frame.inFrom) {
    scan.at -= 1;
    if (!scanAlias(scan)) scan.at += 1;
  } else if (frame.kind === "statement" && !frame.hasQuery) scanInStatement(scan, word);
}

/** `f(TABLE d.t)`, `f(x, TABLE d.t)`, `f(input => TABLE d.t)`. */
function scanTableArgument(scan: ScanState): void {
  const before = scan.code(-2);
  const isArgument = before === "(" || before === "," || before === "=>";
  if (scan.frame.kind === "paren" && isArgument && scan.code() !== "(") scanNamedTable(scan);
}

/** CREATE PROPERTY GRAPH … NODE TABLES (…) EDGE TABLES (…). */
function scanGraphTables(scan: ScanState): void {
  const before = scan.code(-2);
  if ((before !== "NODE" && before !== "EDGE") || scan.code() !== "(") return;
  const group = scan.push("paren", noScope);
  group.scope = scan.aliases.open(noScope);
  group.inFrom = true;
  group.expectsTable = true;
}

/** What stands in a statement outside its query. The word itself has been passed. */
function scanInStatement(scan: ScanState, word: string): void {
  const { frame } = scan;
  const kind = scan.statementKind;
  if (kind === "merge") {
    if (word === "USING") {
      frame.inFrom = true;
      frame.expectsTable = true;
    }
    if (word === "ON") frame.inFrom = false;
  } else if (kind === "create") {
    const isReplica = word === "OF" && scan.code(-2) === "REPLICA";
    if (isReplica || word === "LIKE" || word === "CLONE" || word === "COPY") scanNamedTable(scan);
  } else if (kind === "other" && (word === "THEN" || word === "ELSE" || word === "DO")) {
    scan.startStatement();
  }
}
