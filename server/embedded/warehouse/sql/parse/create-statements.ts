import type { Expr, TypeNode } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseTablePath } from "./from.ts";
import { notSupported } from "./positions.ts";
import type {
  ColumnDefinition,
  CreateMode,
  FunctionParameter,
  Statement,
} from "./statement-ast.ts";
import { parseType } from "./types.ts";

/** CREATE TABLE, VIEW, SCHEMA and TEMP FUNCTION. */
export function parseCreate(c: Cursor): Statement {
  const { start: pos } = c.next();
  const orReplace = c.acceptWord("OR", "REPLACE");
  const temporary = c.acceptWord("TEMP") || c.acceptWord("TEMPORARY");
  if (c.acceptWord("FUNCTION")) {
    if (!temporary) throw notSupported("CREATE FUNCTION without TEMP");
    return parseFunction(c, pos);
  }
  if (c.isWord("TABLE") && !c.isWord("FUNCTION", 1)) {
    c.next();
    return parseTable(c, orReplace, temporary, pos);
  }
  if (temporary) throw notSupported(`CREATE TEMP ${c.peek().text.toUpperCase()}`);
  if (c.acceptWord("VIEW")) return parseView(c, orReplace, pos);
  if (c.acceptWord("SCHEMA")) {
    const ifNotExists = c.acceptWord("IF", "NOT", "EXISTS");
    const path = parseTablePath(c);
    if (c.isWord("OPTIONS")) parseOptions(c);
    return { k: "createSchema", path, ifNotExists, pos };
  }
  throw notSupported(`CREATE ${c.peek().text.toUpperCase()}`);
}

function createMode(c: Cursor, orReplace: boolean): CreateMode {
  const ifNotExists = c.acceptWord("IF", "NOT", "EXISTS");
  return orReplace ? "orReplace" : ifNotExists ? "ifNotExists" : "create";
}

function parseTable(c: Cursor, orReplace: boolean, temporary: boolean, pos: number): Statement {
  const mode = createMode(c, orReplace);
  const path = parseTablePath(c);
  for (const word of ["LIKE", "COPY", "CLONE"]) {
    if (c.isWord(word)) throw notSupported(`CREATE TABLE … ${word}`);
  }
  const columns = c.isSymbol("(") ? c.parens(() => c.list(() => parseColumn(c))) : null;
  const partitionBy = c.acceptWord("PARTITION", "BY") ? c.parseExpr(c) : null;
  const clusterBy = c.acceptWord("CLUSTER", "BY") ? c.list(() => c.parseExpr(c)) : [];
  const options = c.isWord("OPTIONS") ? parseOptions(c) : new Map<string, Expr>();
  const query = c.acceptWord("AS") ? c.parseQuery(c) : null;
  if (!columns && !query) throw c.expected("keyword AS");
  return {
    k: "createTable",
    path,
    mode,
    temporary,
    columns,
    partitionBy,
    clusterBy,
    options,
    query,
    pos,
  };
}

function parseColumn(c: Cursor): ColumnDefinition {
  const name = c.identifier();
  const type: TypeNode = parseType(c);
  const notNull = c.acceptWord("NOT", "NULL");
  if (c.isWord("DEFAULT")) throw notSupported("DEFAULT values of columns");
  if (c.isWord("OPTIONS")) parseOptions(c);
  return { name, type, notNull };
}

function parseOptions(c: Cursor): Map<string, Expr> {
  c.expectWord("OPTIONS");
  const options = new Map<string, Expr>();
  c.parens(() => {
    if (c.isSymbol(")")) return;
    c.list(() => {
      const name = c.identifier();
      c.expectSymbol("=");
      options.set(name.text.toLowerCase(), c.parseExpr(c));
    });
  });
  return options;
}

function parseView(c: Cursor, orReplace: boolean, pos: number): Statement {
  const mode = createMode(c, orReplace);
  const path = parseTablePath(c);
  const columns = c.isSymbol("(") ? c.parens(() => c.list(() => c.identifier())) : null;
  if (c.isWord("OPTIONS")) parseOptions(c);
  c.expectWord("AS");
  const start = c.pos;
  const query = c.parseQuery(c);
  const text = c.sql.slice(start, c.peek(-1).end);
  return { k: "createView", path, mode, columns, query, text, pos };
}

function parseFunction(c: Cursor, pos: number): Statement {
  c.acceptWord("IF", "NOT", "EXISTS");
  const name = c.identifier();
  const parameters = c.parens(() => (c.isSymbol(")") ? [] : c.list(() => parseParameter(c))));
  const returns = c.acceptWord("RETURNS") ? parseType(c) : null;
  if (c.isWord("LANGUAGE") || c.isWord("DETERMINISTIC") || c.isWord("NOT")) {
    throw notSupported("user-defined functions in other languages than SQL");
  }
  c.expectWord("AS");
  const body = c.parens(() => c.parseExpr(c));
  return { k: "createFunction", name, parameters, returns, body, pos };
}

function parseParameter(c: Cursor): FunctionParameter {
  const name = c.identifier().text;
  return { name, type: c.acceptWord("ANY", "TYPE") ? null : parseType(c) };
}
