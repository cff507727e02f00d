import type { Expr } from "./ast.ts";
import { checkScript } from "./check-script.ts";
import type { Cursor } from "./cursor.ts";
import { parseTablePath } from "./from.ts";
import { notSupported } from "./positions.ts";
import type {
  CreateMode,
  FunctionParameter,
  Located,
  ProcedureParameter,
  Statement,
} from "./statement-ast.ts";
import { parseType } from "./types.ts";

interface Creation {
  mode: CreateMode;
  temporary: boolean;
  pos: number;
}

function modeOf(c: Cursor, mode: CreateMode): CreateMode {
  return c.acceptWord("IF", "NOT", "EXISTS") ? "ifNotExists" : mode;
}

function parameters<T>(c: Cursor, read: () => T): T[] {
  return c.parens(() => (c.isSymbol(")") ? [] : c.list(read)));
}

/** From behind CREATE … FUNCTION. */
export function parseFunction(
  c: Cursor,
  creation: Creation,
  parseOptions: (c: Cursor) => Map<string, Expr>,
): Statement {
  const { temporary, pos } = creation;
  const mode = modeOf(c, creation.mode);
  const path = parseTablePath(c);
  const declared = parameters(c, () => parseParameter(c));
  const returns = c.acceptWord("RETURNS") ? parseType(c) : null;
  const isVolatile = c.acceptWord("NOT", "DETERMINISTIC");
  const isDeterministic = !isVolatile && c.acceptWord("DETERMINISTIC");
  const isJavascript = parseLanguage(c);
  if (c.isWord("REMOTE")) throw notSupported("remote functions");
  const options = c.isWord("OPTIONS") ? parseOptions(c) : new Map<string, Expr>();
  c.expectWord("AS");
  const bodyStart = c.pos;
  const code = isJavascript ? parseCode(c) : null;
  const body = isJavascript ? null : c.parens(() => c.parseExpr(c));
  const inner = c.sql.slice(bodyStart + 1, c.peek(-1).end - 1);
  const text = inner.trim();
  if (c.isWord("OPTIONS")) for (const [name, value] of parseOptions(c)) options.set(name, value);
  if (options.has("library")) throw notSupported("the option library of JavaScript functions");
  return {
    k: "createFunction",
    name: path.at(-1) ?? { text: "", pos },
    path,
    mode,
    temporary,
    parameters: declared,
    returns,
    body,
    code,
    isDeterministic,
    source: c.sql,
    text,
    textPos: bodyStart + 1 + inner.length - inner.trimStart().length,
    pos,
  };
}

function parseLanguage(c: Cursor): boolean {
  if (!c.acceptWord("LANGUAGE")) return false;
  const language = c.identifier().text;
  if (language.toLowerCase() === "js") return true;
  throw notSupported(`functions in the language ${language}`);
}

function parseCode(c: Cursor): string {
  if (c.peek().kind !== "string") throw c.expected("string literal");
  return c.next().text;
}

function parseParameter(c: Cursor): FunctionParameter {
  const name = c.identifier().text;
  const type = c.acceptWord("ANY", "TYPE") ? null : parseType(c);
  if (c.isWord("DEFAULT")) throw notSupported("DEFAULT values of functions' parameters");
  return { name, type };
}

/** From behind CREATE … TABLE FUNCTION. */
export function parseTableFunction(c: Cursor, creation: Creation): Statement {
  const mode = modeOf(c, creation.mode);
  const path = parseTablePath(c);
  const declared = parameters(c, () => {
    if (c.isWord("TABLE", 1) || c.areWords("ANY", "TABLE")) {
      throw notSupported("table functions with a TABLE parameter");
    }
    return parseParameter(c);
  });
  let returns: { name: string; type: ReturnType<typeof parseType> }[] | null = null;
  if (c.acceptWord("RETURNS")) {
    c.expectWord("TABLE");
    c.expectSymbol("<");
    returns = c.list(() => ({ name: c.identifier().text, type: parseType(c) }));
    c.expectSymbol(">");
  }
  c.expectWord("AS");
  const start = c.pos;
  const query = c.parseQuery(c);
  const text = c.sql.slice(start, c.peek(-1).end);
  const isBare = query.withs.length + query.orderBy.length === 0 && !query.limit && !query.offset;
  const isInParens = isBare && query.body.k === "parens" && c.isSymbol(")", -1);
  const inner = isInParens ? text.slice(1, -1) : text;
  const indent = isInParens ? 1 + inner.length - inner.trimStart().length : 0;
  return {
    k: "createTableFunction",
    path,
    mode,
    parameters: declared,
    returns,
    query,
    text: isInParens ? inner.trim() : text,
    textPos: start + indent,
    pos: creation.pos,
  };
}

/** From behind CREATE … PROCEDURE. */
export function parseProcedure(
  c: Cursor,
  creation: Creation,
  parseOptions: (c: Cursor) => Map<string, Expr>,
  next: () => Located,
): Statement {
  const mode = modeOf(c, creation.mode);
  const path = parseTablePath(c);
  const declared = parameters(c, (): ProcedureParameter => {
    const direction = (["INOUT", "OUT", "IN"] as const).find((word) => c.acceptWord(word));
    return { mode: direction ?? "IN", ...parseParameter(c) };
  });
  if (c.isWord("EXTERNAL") || c.isWord("WITH") || c.isWord("LANGUAGE")) {
    throw notSupported("procedures in other languages than SQL");
  }
  if (c.isWord("OPTIONS")) parseOptions(c);
  if (!c.isWord("BEGIN")) throw c.expected("keyword BEGIN");
  const body = next();
  if (body.statement.k !== "block") throw c.unexpected();
  const names = declared.map(({ name }) => name);
  checkScript(c.sql, [body], names);
  const text = c.sql.slice(body.start, body.end);
  return { k: "createProcedure", path, mode, parameters: declared, text, pos: creation.pos };
}

/** DROP FUNCTION, TABLE FUNCTION and PROCEDURE; null where something else is dropped. */
export function parseDropRoutine(c: Cursor, pos: number): Statement | null {
  const kinds = [
    { words: ["TABLE", "FUNCTION"], routine: "TABLE_VALUED_FUNCTION" },
    { words: ["FUNCTION"], routine: "SCALAR_FUNCTION" },
    { words: ["PROCEDURE"], routine: "PROCEDURE" },
  ] as const;
  const kind = kinds.find(({ words }) => c.acceptWord(...words));
  if (!kind) return null;
  const ifExists = c.acceptWord("IF", "EXISTS");
  return { k: "dropRoutine", routineType: kind.routine, path: parseTablePath(c), ifExists, pos };
}
