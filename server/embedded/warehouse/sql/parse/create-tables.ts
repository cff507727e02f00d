import type { Expr, Name, TypeNode } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseAsOf, parseTablePath } from "./from.ts";
import { notSupported } from "./positions.ts";
import type {
  ColumnDefault,
  ColumnDefinition,
  CreateMode,
  Statement,
  TableKey,
} from "./statement-ast.ts";
import { parseType } from "./types.ts";

function createMode(c: Cursor, orReplace: boolean): CreateMode {
  const ifNotExists = c.acceptWord("IF", "NOT", "EXISTS");
  return orReplace ? "orReplace" : ifNotExists ? "ifNotExists" : "create";
}

export function parseTable(
  c: Cursor,
  orReplace: boolean,
  temporary: boolean,
  pos: number,
): Statement {
  const mode = createMode(c, orReplace);
  const path = parseTablePath(c);
  for (const how of ["LIKE", "COPY", "CLONE"] as const) {
    if (!c.acceptWord(how)) continue;
    if (temporary) throw notSupported(`CREATE TEMP TABLE … ${how}`);
    return copyOf(c, path, mode, how, pos);
  }
  const keys: TableKey[] = [];
  const columns = c.isSymbol("(") ? parseColumns(c, keys) : null;
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
    keys,
    partitionBy,
    clusterBy,
    options,
    query,
    pos,
  };
}

/** CREATE SNAPSHOT TABLE t CLONE source */
export function parseSnapshot(c: Cursor, pos: number): Statement {
  const mode = createMode(c, false);
  const path = parseTablePath(c);
  c.expectWord("CLONE");
  return copyOf(c, path, mode, "SNAPSHOT", pos);
}

function copyOf(
  c: Cursor,
  path: Name[],
  mode: CreateMode,
  how: "LIKE" | "COPY" | "CLONE" | "SNAPSHOT",
  pos: number,
): Statement {
  const source = parseTablePath(c);
  const asOf = parseAsOf(c);
  if (asOf && how !== "CLONE" && how !== "SNAPSHOT") throw c.unexpected();
  for (const word of ["PARTITION", "CLUSTER", "AS"]) {
    if (c.isWord(word)) throw notSupported(`CREATE TABLE … ${how} … ${word}`);
  }
  const options = c.isWord("OPTIONS") ? parseOptions(c) : new Map<string, Expr>();
  return { k: "copyTable", path, source, asOf, mode, how, options, pos };
}

/** Columns and, among them, the keys of the whole table. */
function parseColumns(c: Cursor, keys: TableKey[]): ColumnDefinition[] {
  const items = c.parens(() => {
    const all: (ColumnDefinition | null)[] = [];
    do {
      if (c.isSymbol(")")) break;
      all.push(isKey(c) ? null : parseColumn(c, keys));
      if (all.at(-1) === null) keys.push(parseKey(c));
    } while (c.acceptSymbol(","));
    return all;
  });
  return items.filter((item) => item !== null);
}

function isKey(c: Cursor): boolean {
  return (
    c.areWords("PRIMARY", "KEY") ||
    c.areWords("FOREIGN", "KEY") ||
    (c.isWord("CONSTRAINT") && (c.isWord("PRIMARY", 2) || c.isWord("FOREIGN", 2)))
  );
}

export function parseKey(c: Cursor): TableKey {
  if (c.acceptWord("CONSTRAINT")) c.identifier();
  const names = () => c.parens(() => c.list(() => c.identifier()));
  if (c.acceptWord("PRIMARY", "KEY")) {
    const columns = names();
    notEnforced(c);
    return { columns, references: null };
  }
  c.expectWord("FOREIGN", "KEY");
  const columns = names();
  c.expectWord("REFERENCES");
  const references = { path: parseTablePath(c), columns: names() };
  notEnforced(c);
  return { columns, references };
}

function notEnforced(c: Cursor): void {
  c.expectWord("NOT", "ENFORCED");
}

export function parseColumn(c: Cursor, keys: TableKey[]): ColumnDefinition {
  const name = c.identifier();
  const type: TypeNode = parseType(c);
  let notNull = false;
  let value: ColumnDefault | null = null;
  let options = new Map<string, Expr>();
  while (true) {
    if (c.acceptWord("NOT", "NULL")) notNull = true;
    else if (c.acceptWord("PRIMARY", "KEY")) {
      keys.push({ columns: [name], references: null });
      notEnforced(c);
    } else if (c.acceptWord("REFERENCES")) {
      const path = parseTablePath(c);
      const columns = c.parens(() => c.list(() => c.identifier()));
      keys.push({ columns: [name], references: { path, columns } });
      notEnforced(c);
    } else if (c.acceptWord("DEFAULT")) value = parseDefault(c);
    else if (c.isWord("OPTIONS")) options = parseOptions(c);
    else {
      refuseClauses(c);
      return { name, type, notNull, default: value, options };
    }
  }
}

function refuseClauses(c: Cursor): void {
  if (c.isWord("GENERATED")) throw notSupported("columns that are GENERATED");
  if (c.isWord("COLLATE")) throw notSupported("COLLATE of columns");
}

/** What stands behind DEFAULT. */
export function parseDefault(c: Cursor): ColumnDefault {
  const start = c.pos;
  const expr = c.parseExpr(c);
  return { expr, text: c.sql.slice(start, c.peek(-1).end) };
}

export function parseOptions(c: Cursor): Map<string, Expr> {
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

export function parseView(
  c: Cursor,
  orReplace: boolean,
  materialized: boolean,
  pos: number,
): Statement {
  const mode = createMode(c, orReplace);
  const path = parseTablePath(c);
  const columns = c.isSymbol("(") ? c.parens(() => c.list(() => viewColumn(c))) : null;
  if (materialized) {
    for (const word of ["PARTITION", "CLUSTER"]) {
      if (c.isWord(word)) throw notSupported(`CREATE MATERIALIZED VIEW … ${word} BY`);
    }
  }
  const options = c.isWord("OPTIONS") ? parseOptions(c) : new Map<string, Expr>();
  c.expectWord("AS");
  const start = c.pos;
  if (c.isWord("REPLICA")) throw notSupported("CREATE MATERIALIZED VIEW … AS REPLICA OF");
  const query = c.parseQuery(c);
  const text = c.sql.slice(start, c.peek(-1).end);
  return {
    k: "createView",
    path,
    mode,
    materialized,
    columns,
    options,
    query,
    text,
    textPos: start,
    pos,
  };
}

function viewColumn(c: Cursor): Name {
  const name = c.identifier();
  if (c.isWord("OPTIONS")) parseOptions(c);
  return name;
}

export function parseSchema(c: Cursor, pos: number): Statement {
  const ifNotExists = c.acceptWord("IF", "NOT", "EXISTS");
  const path = parseTablePath(c);
  if (c.isWord("DEFAULT")) throw notSupported("CREATE SCHEMA … DEFAULT COLLATE");
  const options = c.isWord("OPTIONS") ? parseOptions(c) : new Map<string, Expr>();
  return { k: "createSchema", path, ifNotExists, options, pos };
}
