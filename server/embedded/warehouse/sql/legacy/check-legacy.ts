import type { Context } from "../analyze/context.ts";
import type { Call, Expr, FromItem, Query, Select } from "../parse/ast.ts";
import { notSupported } from "../parse/positions.ts";

/** Functions that mean the same in both dialects, by how many arguments they take. */
const sameFunctions: Record<string, number[]> = {
  COUNT: [0, 1],
  SUM: [1],
  AVG: [1],
  MIN: [1],
  MAX: [1],
  IF: [3],
  IFNULL: [2],
  COALESCE: [2, 3, 4, 5],
  UPPER: [1],
  LOWER: [1],
  LENGTH: [1],
  CONCAT: [2, 3, 4, 5],
  ABS: [1],
  CURRENT_TIMESTAMP: [0],
};

/** Functions with another name in standard SQL. */
const otherNames: Record<string, string> = { REGEXP_MATCH: "REGEXP_CONTAINS" };

/** Parts of a TIMESTAMP, which legacy SQL has as functions. */
const parts = new Set(["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "QUARTER"]);

const sameOperators = new Set(["+", "-", "*", "=", "!=", "<", ">", "<=", ">="]);

/** Throws where a query of legacy SQL might mean another thing in standard SQL; turns the rest. */
export function checkLegacy(ctx: Context, query: Query): Query {
  const { body } = query;
  if (query.withs.length > 0) throw notSupported("WITH in legacy SQL");
  if (query.offset) throw notSupported("OFFSET in legacy SQL");
  if (body.k !== "select") throw notSupported("set operations in legacy SQL");
  const { groupBy } = body;
  if (body.distinct || body.as || body.qualify || body.windows.length > 0) {
    throw notSupported("SELECT DISTINCT, AS STRUCT, QUALIFY and WINDOW in legacy SQL");
  }
  if (groupBy === "all") throw notSupported("GROUP BY ALL in legacy SQL");
  const turn = (expr: Expr) => turnExpr(expr);
  const select: Select = {
    ...body,
    items: body.items.map((item) => {
      if (item.k === "star") return checkStar(body, item);
      if (item.expr.k === "path" && item.expr.names.length > 1 && !item.alias) {
        throw notSupported("a qualified column without an alias in the SELECT of legacy SQL");
      }
      return { ...item, expr: turn(item.expr) };
    }),
    from: body.from && checkFrom(ctx, body.from),
    where: body.where && turn(body.where),
    groupBy:
      groupBy?.map((item) => {
        if (item.k === "expr" && item.expr.k === "path") return item;
        throw notSupported("GROUP BY of anything but columns in legacy SQL");
      }) ?? null,
    having: body.having && turn(body.having),
  };
  const orderBy = query.orderBy.map((item) => ({ ...item, expr: turn(item.expr) }));
  return { ...query, body: select, orderBy };
}

function checkStar(body: Select, item: Extract<Select["items"][number], { k: "star" }>) {
  const { except, replace } = item.modifiers;
  if (item.base || except.length + replace.length > 0) {
    throw notSupported("alias.*, EXCEPT and REPLACE in legacy SQL");
  }
  if (body.from?.k === "join") throw notSupported("SELECT * over a JOIN in legacy SQL");
  return item;
}

function checkFrom(ctx: Context, from: FromItem): FromItem {
  if (from.k === "table") return from;
  if (from.k === "subquery") {
    // A union of tables is made by us.
    const isUnion = from.query.body.k === "setop";
    return isUnion ? from : { ...from, query: checkLegacy(ctx, from.query) };
  }
  if (from.k !== "join") throw notSupported("this FROM in legacy SQL");
  if (from.using) throw notSupported("USING in legacy SQL");
  if (from.on && !isEquality(from.on)) {
    throw notSupported("a JOIN of legacy SQL on anything but equal columns");
  }
  return { ...from, left: checkFrom(ctx, from.left), right: checkFrom(ctx, from.right) };
}

function isEquality(on: Expr): boolean {
  if (on.k === "and") return on.args.every(isEquality);
  return on.k === "op" && on.op === "=" && on.args.every((arg) => arg.k === "path");
}

type Turner<K extends Expr["k"]> = (expr: Extract<Expr, { k: K }>) => Expr;

const turners: { [K in Expr["k"]]?: Turner<K> } = {
  literal: (expr) => {
    if (expr.type === "BYTES") throw notSupported("BYTES in legacy SQL");
    return expr;
  },
  path: (expr) => expr,
  op: (expr) => {
    if (!sameOperators.has(expr.op)) throw notSupported(`the operator ${expr.op} of legacy SQL`);
    return { ...expr, args: expr.args.map(turnExpr) };
  },
  not: (expr) => ({ ...expr, arg: turnExpr(expr.arg) }),
  is: (expr) => ({ ...expr, arg: turnExpr(expr.arg) }),
  between: (expr) => ({
    ...expr,
    arg: turnExpr(expr.arg),
    low: turnExpr(expr.low),
    high: turnExpr(expr.high),
  }),
  in: (expr) => ({ ...expr, arg: turnExpr(expr.arg), list: expr.list.map(turnExpr) }),
  case: (expr) => ({
    ...expr,
    operand: expr.operand && turnExpr(expr.operand),
    whens: expr.whens.map(([when, then]): [Expr, Expr] => [turnExpr(when), turnExpr(then)]),
    otherwise: expr.otherwise && turnExpr(expr.otherwise),
  }),
  call: (expr) => turnCall(expr),
};

function turnExpr(expr: Expr): Expr {
  if (expr.k === "and" || expr.k === "or") return { ...expr, args: expr.args.map(turnExpr) };
  const turner = turners[expr.k] as ((expr: Expr) => Expr) | undefined;
  if (!turner) throw notSupported(`this expression (${expr.k}) in legacy SQL`);
  return turner(expr);
}

function turnCall(call: Call): Expr {
  if (call.distinct) {
    throw notSupported(`${call.name}(DISTINCT …) in legacy SQL, which is approximate there`);
  }
  const extras = call.orderBy.length > 0 || call.limit || call.having || call.nulls || call.over;
  if (call.safe || extras) throw notSupported(`${call.written} in this form in legacy SQL`);
  const args = call.args.map(turnExpr);
  const [arg] = args;
  if (parts.has(call.name) && arg && args.length === 1) {
    const part = { text: call.name, pos: call.pos };
    return { k: "extract", part, partArg: null, arg, zone: null, pos: call.pos };
  }
  const name = otherNames[call.name];
  if (name && args.length === 2) return { ...call, name, written: name, args };
  if (Object.hasOwn(sameFunctions, call.name) && sameFunctions[call.name]?.includes(args.length)) {
    return { ...call, args };
  }
  throw notSupported(`the function ${call.written} of legacy SQL`);
}
