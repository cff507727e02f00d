import { parseSchema, parseSnapshot, parseTable, parseView } from "./create-tables.ts";
import type { Cursor } from "./cursor.ts";
import { notSupported } from "./positions.ts";
import type { FunctionParameter, Statement } from "./statement-ast.ts";
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
  if (c.acceptWord("VIEW")) return parseView(c, orReplace, false, pos);
  if (c.acceptWord("MATERIALIZED", "VIEW")) return parseView(c, orReplace, true, pos);
  if (c.acceptWord("SNAPSHOT", "TABLE")) return parseSnapshot(c, pos);
  if (c.acceptWord("SCHEMA")) return parseSchema(c, pos);
  if (c.isWord("ROW")) throw notSupported("CREATE ROW ACCESS POLICY");
  throw notSupported(`CREATE ${c.peek().text.toUpperCase()}`);
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
