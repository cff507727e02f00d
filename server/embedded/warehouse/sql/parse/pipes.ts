import type { Expr, GroupItem, Name, OrderItem, Pipe, SelectItem } from "./ast.ts";
import { parseDirection, parseOrderBy } from "./calls.ts";
import type { Cursor } from "./cursor.ts";
import { joinKind, parsePivot, parsePrimary, parseUnpivot, readCondition } from "./from.ts";
import { notSupported, syntaxError } from "./positions.ts";
import { endsItems, parseItem, parseItems, parseNamedWindows, parseSelect } from "./select.ts";
import { parseWiths } from "./withs.ts";

/** Every `|> operator` that follows; an alias of the input is an `AS` before them. */
export function parsePipes(c: Cursor, alias: Name | null): Pipe[] {
  const pipes: Pipe[] = alias ? [{ k: "as", alias, pos: alias.pos }] : [];
  while (c.acceptSymbol("|>")) pipes.push(parsePipe(c));
  return pipes;
}

/** Operators of GoogleSQL that the local warehouse has not, or that are read elsewhere. */
const refused = ["CALL", "TABLESAMPLE", "MATCH_RECOGNIZE", "WINDOW", "ASSERT"];

const operators: Record<string, (c: Cursor, pos: number) => Pipe> = {
  EXTEND: (c, pos) => {
    c.next();
    return { k: "extend", items: parseItems(c), windows: parseNamedWindows(c), pos };
  },
  SET: (c, pos) => {
    c.next();
    const columns = c.list(() => {
      const name = c.identifier();
      if (c.isSymbol(".")) throw notSupported("the pipe operator SET of a field");
      c.expectSymbol("=");
      return { name, expr: c.parseExpr(c) };
    });
    return { k: "set", columns, pos };
  },
  DROP: (c, pos) => {
    c.next();
    return { k: "drop", columns: c.list(() => c.identifier()), pos };
  },
  RENAME: (c, pos) => {
    c.next();
    const columns = c.list(() => {
      const from = c.identifier();
      c.acceptWord("AS");
      return { from, to: c.identifier() };
    });
    return { k: "rename", columns, pos };
  },
  AS: (c, pos) => {
    c.next();
    return { k: "as", alias: c.identifier(), pos };
  },
  WHERE: (c, pos) => {
    c.next();
    return { k: "where", expr: c.parseExpr(c), pos };
  },
  LIMIT: (c, pos) => {
    c.next();
    const limit = c.parseExpr(c);
    return { k: "limit", limit, offset: c.acceptWord("OFFSET") ? c.parseExpr(c) : null, pos };
  },
  AGGREGATE: (c, pos) => {
    c.next();
    return parseAggregate(c, pos);
  },
  DISTINCT: (c, pos) => {
    c.next();
    return { k: "distinct", pos };
  },
  ORDER: (c, pos) => ({ k: "orderBy", orderBy: parseOrderBy(c), pos }),
  WITH: (c, pos) => {
    c.next();
    return { k: "with", recursive: c.acceptWord("RECURSIVE"), withs: parseWiths(c), pos };
  },
  PIVOT: (c, pos) => ({ k: "pivot", pivot: parsePivot(c), pos }),
  UNPIVOT: (c, pos) => ({ k: "unpivot", unpivot: parseUnpivot(c), pos }),
  UNION: parseSetOperator,
  INTERSECT: parseSetOperator,
  EXCEPT: parseSetOperator,
  SELECT: (c, pos) => {
    const select = parseSelect(c);
    const clause = select.from ?? select.where ?? select.having ?? select.qualify;
    if (clause || select.groupBy) {
      throw notSupported("a pipe operator SELECT with FROM, WHERE, GROUP BY, HAVING or QUALIFY");
    }
    return { k: "select", select, pos };
  },
};

function parsePipe(c: Cursor): Pipe {
  const { pos } = c;
  const word = c.peek().kind === "id" ? c.peek().text.toUpperCase() : "";
  if (refused.includes(word)) throw notSupported(`the pipe operator ${word}`);
  const operator = Object.hasOwn(operators, word) ? operators[word] : undefined;
  if (operator) return operator(c, pos);
  const kind = joinKind(c);
  if (!kind) throw c.unexpected();
  const right = parsePrimary(c);
  const join = { k: "join" as const, kind, right, on: null, using: null, pos };
  readCondition(c, join);
  return join;
}

function parseSetOperator(c: Cursor, pos: number): Pipe {
  const op = c.next().text.toUpperCase() as "UNION";
  const all = c.acceptWord("ALL");
  if (!all) c.expectWord("DISTINCT");
  if (all && op !== "UNION") throw syntaxError(c.sql, pos, `${op} ALL is not supported`);
  for (const word of ["BY", "CORRESPONDING", "STRICT"]) {
    if (c.isWord(word)) throw notSupported(`set operations ${word === "BY" ? "BY NAME" : word}`);
  }
  const queries = c.list(() => {
    if (!c.isSymbol("(")) throw c.expected('"("');
    return c.parens(() => c.parseQuery(c));
  });
  return { k: "setop", op, all, queries, pos };
}

interface Ordered {
  direction: Pick<OrderItem, "descending" | "nulls"> | null;
}

/** AGGREGATE items GROUP [AND ORDER] BY keys; the keys are the first columns of the answer. */
function parseAggregate(c: Cursor, pos: number): Pipe {
  const aggregates: (Ordered & { item: SelectItem })[] = [];
  while (!endsItems(c) && !c.isWord("GROUP")) {
    const item = parseItem(c);
    if (item.k === "star") throw syntaxError(c.sql, item.pos, 'Unexpected "*"');
    aggregates.push({ item, direction: direction(c) });
    if (!c.acceptSymbol(",")) break;
  }
  const keys = c.acceptWord("GROUP") ? parseKeys(c) : { keys: [], groupBy: [] };
  if (keys.keys.length + aggregates.length === 0) throw c.unexpected();
  const columns = [...keys.keys, ...aggregates];
  const orderBy = columns.flatMap((column, i) =>
    column.direction ? [{ expr: ordinal(i, pos), ...column.direction, pos }] : [],
  );
  const items = columns.map((column) => column.item);
  return { k: "aggregate", items, groupBy: keys.groupBy, orderBy, pos };
}

function direction(c: Cursor): Ordered["direction"] {
  const given = ["ASC", "DESC", "NULLS"].some((word) => c.isWord(word));
  return given ? parseDirection(c) : null;
}

function ordinal(index: number, pos: number): Expr {
  return { k: "literal", type: "INT64", text: String(index + 1), pos };
}

function parseKeys(c: Cursor): {
  keys: (Ordered & { item: SelectItem })[];
  groupBy: GroupItem[];
} {
  const ordered = c.acceptWord("AND", "ORDER");
  c.expectWord("BY");
  const whole = ordered ? { descending: false, nulls: null } : null;
  const keys = c.list(() => {
    if (["GROUPING", "CUBE", "ROLLUP"].some((word) => c.isWord(word))) {
      throw notSupported("GROUPING SETS, CUBE and ROLLUP in the pipe operator AGGREGATE");
    }
    const { pos } = c;
    const expr = c.parseExpr(c);
    if (expr.k === "literal") throw notSupported("a literal in GROUP BY of the pipe AGGREGATE");
    const item: SelectItem = { k: "expr", expr, alias: c.alias(), pos };
    return { item, direction: direction(c) ?? whole };
  });
  const groupBy = keys.map(({ item }, i): GroupItem => ({ k: "expr", expr: ordinal(i, item.pos) }));
  return { keys, groupBy };
}
