import { parseAlter } from "./alter-statements.ts";
import type { Expr, Name } from "./ast.ts";
import { checkScript } from "./check-script.ts";
import { parseCreate } from "./create-statements.ts";
import { Cursor } from "./cursor.ts";
import { parseAssignments, parseValues } from "./dml-parts.ts";
import { parseExpression, parseSystemName, startsQuery } from "./expressions.ts";
import { parseFrom, parseTablePath } from "./from.ts";
import { parseMerge } from "./merge-statement.ts";
import { errorAt, notSupported } from "./positions.ts";
import { parseProcedural, startsProcedural } from "./procedural-statements.ts";
import { parseQuery } from "./queries.ts";
import { parseDropRoutine } from "./routine-statements.ts";
import type { Located, Statement } from "./statement-ast.ts";
import { parseType } from "./types.ts";

/** Statements that BigQuery has and the local warehouse has not, by their first word. */
const refused = new Set(
  "EXPORT LOAD GRANT REVOKE CLONE UNDROP EXPLAIN DEFINE RENAME ANALYZE".split(" "),
);

/** The statements of a script, in order. Throws BigQuery's syntax errors and our refusals. */
export function parseProgram(sql: string): Located[] {
  const c = new Cursor(sql, parseQuery, parseExpression);
  const statements: Located[] = [];
  while (c.peek().kind !== "eof") {
    if (c.acceptSymbol(";")) continue;
    statements.push(parseLocated(c));
    if (c.peek().kind !== "eof" && !c.isSymbol(";")) throw c.expected("end of input");
  }
  if (statements.length === 0) throw c.unexpected();
  checkScript(sql, statements);
  return statements;
}

export function parseScript(sql: string): Statement[] {
  return parseProgram(sql).map(({ statement }) => statement);
}

/** A SQL function's body: one expression and nothing else. */
export function parseSingleExpression(sql: string): Expr {
  const c = new Cursor(sql, parseQuery, parseExpression);
  const expr = parseExpression(c);
  if (c.peek().kind !== "eof") throw c.expected("end of input");
  return expr;
}

function parseLocated(c: Cursor): Located {
  const start = c.pos;
  const statement = parseStatement(c);
  return { statement, start, end: c.peek(-1).end };
}

/** A view's query: one query and nothing else. */
export function parseSingleQuery(sql: string): Extract<Statement, { k: "query" }>["query"] {
  const statements = parseScript(sql);
  const first = statements[0];
  if (statements.length !== 1 || first?.k !== "query")
    throw notSupported("a view of more than one query");
  return first.query;
}

function parseStatement(c: Cursor): Statement {
  const { pos } = c;
  const word = c.peek().kind === "id" ? c.peek().text.toUpperCase() : "(";
  switch (word) {
    case "SELECT":
    case "WITH":
    case "FROM":
    case "(":
      if (word === "(" && !c.isSymbol("(")) throw c.unexpected();
      return { k: "query", query: parseQuery(c), pos };
    case "DECLARE":
      return parseDeclare(c);
    case "SET":
      return parseSet(c);
    case "CREATE":
      return parseCreate(c, () => parseLocated(c));
    case "ALTER":
      return parseAlter(c);
    case "DROP":
      return parseDrop(c);
    case "INSERT":
      return parseInsert(c);
    case "UPDATE":
      return parseUpdate(c);
    case "DELETE":
      return parseDelete(c);
    case "MERGE":
      return parseMerge(c);
    case "TRUNCATE":
      c.expectWord("TRUNCATE", "TABLE");
      return { k: "truncate", path: parseTablePath(c), pos };
    default:
      if (startsProcedural(c)) return parseProcedural(c, () => parseLocated(c));
      if (refused.has(word)) throw notSupported(`the statement ${word}`);
      throw c.unexpected();
  }
}

/** DECLARE a, b [type] [DEFAULT value] */
function parseDeclare(c: Cursor): Statement {
  const { start: pos } = c.next();
  const names = c.list(() => c.identifier());
  const type = c.isWord("DEFAULT") ? null : parseType(c);
  const value = c.acceptWord("DEFAULT") ? c.parseExpr(c) : null;
  return { k: "declare", names, type, value, pos };
}

function parseSet(c: Cursor): Statement {
  const { start: pos } = c.next();
  if (c.acceptSymbol("@@")) {
    const name = parseSystemName(c);
    c.expectSymbol("=");
    return { k: "setSystem", name, value: c.parseExpr(c), pos };
  }
  if (c.isSymbol("(")) {
    const names = c.parens(() => c.list(() => c.identifier()));
    c.expectSymbol("=");
    return { k: "setMany", names, value: c.parseExpr(c), pos };
  }
  const name = c.identifier();
  c.expectSymbol("=");
  return { k: "set", name, value: c.parseExpr(c), pos };
}

function parseDrop(c: Cursor): Statement {
  const { start: pos } = c.next();
  const routine = parseDropRoutine(c, pos);
  if (routine) return routine;
  const special = c.areWords("SNAPSHOT", "TABLE") || c.areWords("MATERIALIZED", "VIEW");
  if (special) c.next();
  for (const object of ["TABLE", "VIEW", "SCHEMA"] as const) {
    if (!c.acceptWord(object)) continue;
    const ifExists = c.acceptWord("IF", "EXISTS");
    const path = parseTablePath(c);
    if (c.isWord("CASCADE") || c.isWord("RESTRICT")) {
      if (c.next().text.toUpperCase() === "CASCADE") throw notSupported("DROP SCHEMA … CASCADE");
    }
    return { k: "drop", object, special, path, ifExists, pos };
  }
  throw notSupported(`DROP ${c.peek().text.toUpperCase()}`);
}

function parseInsert(c: Cursor): Statement {
  const { start: pos } = c.next();
  c.acceptWord("INTO");
  const path = parseTablePath(c);
  const columns =
    c.isSymbol("(") && !startsQuery(c, 0) ? c.parens(() => c.list(() => c.identifier())) : null;
  if (c.acceptWord("VALUES")) {
    return { k: "insert", path, columns, source: c.list(() => parseValues(c)), pos };
  }
  return { k: "insert", path, columns, source: parseQuery(c), pos };
}

function targetAlias(c: Cursor): Name | null {
  if (c.acceptWord("AS")) return c.identifier();
  return c.isIdentifier() && !c.isWord("USING") ? c.identifier() : null;
}

function parseUpdate(c: Cursor): Statement {
  const { start: pos } = c.next();
  const path = parseTablePath(c);
  const alias = targetAlias(c);
  c.expectWord("SET");
  const set = parseAssignments(c);
  const from = c.acceptWord("FROM") ? parseFrom(c) : null;
  return { k: "update", path, alias, set, from, where: requiredWhere(c, "UPDATE", pos), pos };
}

function parseDelete(c: Cursor): Statement {
  const { start: pos } = c.next();
  c.acceptWord("FROM");
  const path = parseTablePath(c);
  const alias = targetAlias(c);
  return { k: "delete", path, alias, where: requiredWhere(c, "DELETE", pos), pos };
}

function requiredWhere(c: Cursor, statement: string, pos: number): Expr {
  if (c.acceptWord("WHERE")) return c.parseExpr(c);
  if (c.peek().kind !== "eof" && !c.isSymbol(";")) throw c.unexpected();
  throw errorAt(c.sql, pos, `${statement} must have a WHERE clause`);
}
