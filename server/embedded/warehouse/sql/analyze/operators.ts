import { matchBest } from "../functions/call-site.ts";
import { operatorTable } from "../functions/operators.ts";
import { noMatch, parseSignature } from "../functions/signature.ts";
import { signatureError } from "../functions/supported-signatures.ts";
import type { Expr } from "../parse/ast.ts";
import { coerce, supertype } from "../types/coerce.ts";
import { exactNumeric, exactOperation, physical } from "../types/exact-decimals.ts";
import { fill, float64, isNullLiteral, type Typed } from "../types/typed.ts";
import { fieldName, type GType, scalar, typeName } from "../types/types.ts";
import { floatArithmetic } from "./arithmetic.ts";
import type { Context, Env } from "./context.ts";
import { integer } from "./literals.ts";

type Node<K extends Expr["k"]> = Extract<Expr, { k: K }>;

const BOOL = scalar("BOOL");
const comparisons = new Set(["=", "!=", "<", "<=", ">", ">="]);

export function analyzeOperator(ctx: Context, env: Env, node: Node<"op">): Typed {
  const folded = signedLiteral(ctx, node);
  if (folded) return folded;
  const name = node.op.replace("unary", "");
  noNullLiteral(ctx, name, node.args);
  const args = node.args.map((arg) => ctx.expr(env, arg));
  if (comparisons.has(node.op)) return compare(ctx, node.op, args as [Typed, Typed], node.pos);
  const rows = operatorTable[node.op];
  const match = rows && matchBest(`operator ${name}`, rows, args);
  if (match?.type.kind === "FLOAT64" && ["+", "-", "*"].includes(node.op)) {
    const [left, right] = args.map((arg) => coerce(arg, match.type));
    if (left && right) return floatArithmetic(node.op, left, right);
  }
  const exact = match?.type.kind === "NUMERIC" ? exactOperation(node.op, args) : null;
  if (exact) return exactNumeric(exact);
  if (match) return match;
  const isPlain = args.every(({ type }) => !["ARRAY", "STRUCT", "JSON"].includes(type.kind));
  if (node.op === "||" && isPlain) {
    throw ctx.refuse(`operator || of ${args.map((arg) => typeName(arg.type)).join(" and ")}`);
  }
  const signatures = (rows ?? []).map(([signature]) => parseSignature(signature));
  throw ctx.fail(node.pos, noMatch(`operator ${name}`, args, signatures));
}

function noNullLiteral(ctx: Context, operator: string, args: Expr[]): void {
  const literal = args.find((arg) => arg.k === "literal" && arg.type === "NULL");
  if (literal) throw ctx.fail(literal.pos, `Operands of ${operator} cannot be literal NULL`);
}

function signedLiteral(ctx: Context, node: Node<"op">): Typed | null {
  const [arg] = node.args;
  if (node.op !== "unary-" || arg?.k !== "literal") return null;
  if (arg.type === "INT64") return integer(ctx, `-${arg.text}`, node.pos);
  if (arg.type === "FLOAT64") return float64(-Number(arg.text), `-${arg.text}`);
  return null;
}

/** Both sides as one type; BigQuery's error where there is none. */
export function unify(
  ctx: Context,
  items: Typed[],
  pos: number,
  what: string,
  signature?: string,
): Typed[] {
  const type = supertype(items);
  const coerced = type && items.map((item) => coerce(item, type));
  if (!coerced || coerced.includes(null)) {
    const types = items.map((item) => typeName(item.type));
    throw ctx.fail(pos, signatureError(what, types, signature ? [signature] : []));
  }
  return coerced.filter((item) => item !== null);
}

export function compare(ctx: Context, op: string, args: [Typed, Typed], pos: number): Typed {
  const [left, right] = unify(ctx, args, pos, `operator ${op}`, `ANY ${op} ANY`) as [Typed, Typed];
  return { sql: compareSql(ctx, op, left, right, pos), type: BOOL };
}

/**
 * To BigQuery NaN equals and exceeds nothing; DuckDB has it equal to itself and above all. A side
 * that is a constant cannot be NaN.
 */
function compareSql(ctx: Context, op: string, left: Typed, right: Typed, pos: number): string {
  const { type } = left;
  if (type.kind === "STRUCT") return compareStructs(ctx, op, left, right, pos);
  if (["ARRAY", "JSON"].includes(type.kind)) {
    throw ctx.fail(
      pos,
      `${op === "=" ? "Equality" : "Ordering"} is not defined for arguments of type ${typeName(type)}`,
    );
  }
  const duckOp = op === "!=" ? "<>" : op;
  if (type.kind !== "FLOAT64") return `(${physical(left)} ${duckOp} ${physical(right)})`;
  return floatComparison(duckOp, left, right);
}

function floatComparison(op: string, left: Typed, right: Typed): string {
  const plain = `($1 ${op} $2)`;
  const greater = op.startsWith(">") ? "$1" : "$2";
  const greaterSide = greater === "$1" ? left : right;
  const bothConstant = left.constant || right.constant;
  let template = plain;
  if (op === "=" && !bothConstant) template = `(${plain} AND ($2 IS NULL OR NOT isnan($1)))`;
  else if (op === "<>" && !bothConstant) template = `(${plain} OR (isnan($1) AND $2 IS NOT NULL))`;
  else if (/[<>]/.test(op) && op !== "<>" && !greaterSide.constant) {
    const other = greater === "$1" ? "$2" : "$1";
    template = `(${plain} AND (${other} IS NULL OR NOT isnan(${greater})))`;
  }
  return fill(template, [left.sql, right.sql]);
}

function compareStructs(ctx: Context, op: string, left: Typed, right: Typed, pos: number): string {
  if (op !== "=" && op !== "!=") {
    throw ctx.fail(pos, `Less than is not defined for arguments of type ${typeName(left.type)}`);
  }
  if (left.type.kind !== "STRUCT" || right.type.kind !== "STRUCT") return "NULL";
  const equalities = left.type.fields.map((_, i) =>
    compareSql(ctx, "=", partOf(left, i), partOf(right, i), pos),
  );
  const all = `(${equalities.join(" AND ") || "true"})`;
  return op === "=" ? all : `(NOT ${all})`;
}

function partOf(value: Typed, index: number): Typed {
  const part = value.parts?.[index];
  if (part) return part;
  if (value.type.kind !== "STRUCT") return value;
  const field = value.type.fields[index] ?? { name: null, type: value.type as GType };
  return { sql: `struct_extract(${value.sql}, '${fieldName(field, index)}')`, type: field.type };
}

/** A condition: BOOL, or NULL. */
export function condition(ctx: Context, env: Env, node: Expr, what: string): Typed {
  const value = coerce(ctx.expr(env, node), BOOL);
  if (value) return value;
  const { type } = ctx.expr(env, node);
  throw ctx.fail(node.pos, `${what} should return type BOOL, but returns ${typeName(type)}`);
}

export function analyzeLogical(ctx: Context, env: Env, node: Node<"and" | "or">): Typed {
  const word = node.k.toUpperCase();
  const values = node.args.map((arg) => ctx.expr(env, arg));
  const args = values.map((value) => coerce(value, BOOL));
  if (args.includes(null)) {
    const types = values.map((value) => typeName(value.type)).join(", ");
    throw ctx.fail(
      node.pos,
      `No matching signature for operator ${word} for argument types: ${types}. Supported signature: BOOL ${word} ([BOOL, ...])`,
    );
  }
  return { sql: `(${args.map((arg) => arg?.sql).join(` ${word} `)})`, type: BOOL };
}

export function analyzeNot(ctx: Context, env: Env, node: Node<"not">): Typed {
  noNullLiteral(ctx, "NOT", [node.arg]);
  const value = ctx.expr(env, node.arg);
  const arg = coerce(value, BOOL);
  if (!arg) {
    throw ctx.fail(
      node.pos,
      `No matching signature for operator NOT for argument types: ${typeName(value.type)}. Supported signature: NOT (BOOL)`,
    );
  }
  return { sql: `(NOT ${arg.sql})`, type: BOOL };
}

export function analyzeIs(ctx: Context, env: Env, node: Node<"is">): Typed {
  const arg = ctx.expr(env, node.arg);
  if (node.what !== "NULL" && !coerce(arg, BOOL)) {
    throw ctx.fail(
      node.pos,
      `No matching signature for operator IS ${node.what} for argument types: ${typeName(arg.type)}`,
    );
  }
  return { sql: `(${physical(arg)} IS ${node.not ? "NOT " : ""}${node.what})`, type: BOOL };
}

export function analyzeDistinctFrom(ctx: Context, env: Env, node: Node<"distinctFrom">): Typed {
  const args = [ctx.expr(env, node.left), ctx.expr(env, node.right)];
  const [left, right] = unify(ctx, args, node.pos, "operator IS DISTINCT FROM") as [Typed, Typed];
  const not = node.not ? "NOT " : "";
  const sql = `(${physical(left)} IS ${not}DISTINCT FROM ${physical(right)})`;
  return { sql, type: BOOL };
}

export function analyzeBetween(ctx: Context, env: Env, node: Node<"between">): Typed {
  const args = [node.arg, node.low, node.high].map((arg) => ctx.expr(env, arg));
  const [arg, low, high] = unify(
    ctx,
    args,
    node.pos,
    "operator BETWEEN",
    "(ANY) BETWEEN (ANY) AND (ANY)",
  ) as [Typed, Typed, Typed];
  const sides = [arg, low, high];
  const [value, from, to] = sides.map(({ exact: _, ...side }, i) => ({
    ...side,
    sql: `$${i + 1}`,
  })) as [Typed, Typed, Typed];
  const template = `(${compareSql(ctx, ">=", value, from, node.pos)} AND ${compareSql(ctx, "<=", value, to, node.pos)})`;
  const sql = fill(template, sides.map(physical));
  return { sql: node.not ? `(NOT ${sql})` : sql, type: BOOL };
}

export function analyzeIn(ctx: Context, env: Env, node: Node<"in"> | Node<"inUnnest">): Typed {
  const arg = ctx.expr(env, node.arg);
  if (node.k === "inUnnest") return inUnnest(ctx, env, node, arg);
  const items = node.list.map((item) => ctx.expr(env, item));
  if (!supertype([arg, ...items])) {
    const types = items.map((item) => typeName(item.type)).join(", ");
    throw ctx.fail(
      node.at ?? node.pos,
      `No matching signature for operator IN for argument types ${typeName(arg.type)} and {${types}}`,
    );
  }
  const [left, ...list] = unify(ctx, [arg, ...items], node.pos, "operator IN") as [
    Typed,
    ...Typed[],
  ];
  const plain = left.type.kind !== "STRUCT" && left.type.kind !== "FLOAT64";
  const sql = plain
    ? `(${physical(left)} IN (${list.map(physical).join(", ")}))`
    : `(${list.map((item) => compareSql(ctx, "=", left, item, node.pos)).join(" OR ")})`;
  return { sql: node.not ? `(NOT ${sql})` : sql, type: BOOL };
}

function inUnnest(ctx: Context, env: Env, node: Node<"inUnnest">, arg: Typed): Typed {
  const array = ctx.expr(env, node.array);
  if (array.type.kind !== "ARRAY" && !isNullLiteral(array)) {
    throw ctx.fail(
      node.array.pos,
      `Second argument of IN UNNEST must be an array but was ${typeName(array.type)}`,
    );
  }
  const element: Typed = {
    sql: "_e",
    type: array.type.kind === "ARRAY" ? array.type.element : arg.type,
  };
  const constantArray = array.parts ? array.parts : [element];
  const [left] = unify(ctx, [arg, ...constantArray], node.pos, "operator IN UNNEST") as [Typed];
  const list = coerce(array, { kind: "ARRAY", element: left.type });
  if (!list) throw ctx.refuse("IN UNNEST over an array that has to be converted");
  if (["FLOAT64", "STRUCT", "ARRAY", "JSON"].includes(left.type.kind)) {
    throw ctx.refuse(`IN UNNEST over ${typeName(left.type)}`);
  }
  // A NULL element makes "not found" unknown; an absent array holds nothing.
  const template =
    "CASE WHEN coalesce(len($2), 0) = 0 THEN false WHEN $1 IS NULL THEN NULL WHEN list_contains($2, $1) THEN true WHEN len(list_filter($2, lambda _e: _e IS NULL)) > 0 THEN NULL ELSE false END";
  const sql = fill(template, [left.sql, list.sql]);
  return { sql: node.not ? `(NOT ${sql})` : sql, type: BOOL };
}

/** LIKE ANY is some of them, LIKE ALL every one. */
function quantifiedLike(ctx: Context, env: Env, node: Node<"like">, quantifier: string): Typed {
  const { pattern } = node;
  if (node.not || ["scalarQuery", "call"].includes(pattern.k))
    throw ctx.refuse(`this form of LIKE ${quantifier}`);
  const patterns = pattern.k === "tuple" ? pattern.items : [pattern];
  const tests = patterns.map(
    (each) => likeOf(ctx, env, { ...node, pattern: each, quantifier: null }).sql,
  );
  return { sql: `(${tests.join(quantifier === "ALL" ? " AND " : " OR ")})`, type: BOOL };
}

/** BYTES as a text of the characters 0 to 255. */
function latin(value: Typed): Typed | null {
  return value.type.kind === "BYTES"
    ? { sql: `maestro_latin(${value.sql})`, type: scalar("STRING") }
    : null;
}

export function analyzeLike(ctx: Context, env: Env, node: Node<"like">): Typed {
  if (node.quantifier) return quantifiedLike(ctx, env, node, node.quantifier);
  noNullLiteral(ctx, "LIKE", [node.arg, node.pattern]);
  return likeOf(ctx, env, node);
}

function likeOf(ctx: Context, env: Env, node: Node<"like">): Typed {
  const STRING = scalar("STRING");
  const arg = ctx.expr(env, node.arg);
  const pattern = ctx.expr(env, node.pattern);
  const [text, like] = [
    latin(arg) ?? coerce(arg, STRING),
    latin(pattern) ?? coerce(pattern, STRING),
  ];
  const mixed = (arg.type.kind === "BYTES") !== (pattern.type.kind === "BYTES");
  if (!text || !like || (mixed && !isNullLiteral(arg) && !isNullLiteral(pattern))) {
    const types = `${typeName(arg.type)}, ${typeName(pattern.type)}`;
    throw ctx.fail(
      node.pos,
      `No matching signature for operator LIKE for argument types: ${types}. Supported signatures: STRING LIKE STRING; BYTES LIKE BYTES`,
    );
  }
  const value = like.constant?.value;
  if (typeof value === "string" && /(^|[^\\])(\\\\)*\\$/.test(value)) {
    throw ctx.fail(node.pos, "LIKE pattern ends with a backslash");
  }
  const escaping = typeof value === "string" && !value.includes("\\") ? "" : " ESCAPE '\\'";
  const sql = `(${text.sql} ${node.not ? "NOT " : ""}LIKE ${like.sql}${escaping})`;
  return { sql, type: BOOL };
}
