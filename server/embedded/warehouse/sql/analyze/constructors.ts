import type { Expr } from "../parse/ast.ts";
import { castTo } from "../types/casts.ts";
import { coerce, coerceArrayLiteral, packStruct, supertype } from "../types/coerce.ts";
import { exactChoice, exactNumeric } from "../types/exact-decimals.ts";
import { fill, type Typed, typedNull } from "../types/typed.ts";
import { fieldName, type GType, scalar, typeName } from "../types/types.ts";
import type { Context, Env } from "./context.ts";
import { jsonMember } from "./names.ts";
import { compare, condition, unify } from "./operators.ts";
import { resolveType } from "./type-nodes.ts";

type Node<K extends Expr["k"]> = Extract<Expr, { k: K }>;

export function analyzeArray(ctx: Context, env: Env, node: Node<"array">): Typed {
  const items = node.items.map((item) => ctx.expr(env, item));
  const declared = node.elementType && resolveType(ctx, node.elementType);
  const element = declared ?? (items.length === 0 ? scalar("INT64") : supertype(items));
  if (element?.kind === "ARRAY") {
    throw ctx.fail(
      node.items[0]?.pos ?? node.pos,
      `Cannot construct array with element type ${typeName(element)} because nested arrays are not supported`,
    );
  }
  const array = element && coerceArrayLiteral(items, { kind: "ARRAY", element });
  if (!array) {
    const types = [...new Set(items.map((item) => typeName(item.type)))].join(", ");
    const misfit = declared && items.findIndex((item) => coerce(item, declared) === null);
    throw ctx.fail(
      (misfit !== null && node.items[misfit]?.pos) || node.pos,
      declared
        ? `Array element type ${types} does not coerce to ${typeName(declared)}`
        : `Array elements of types {${types}} do not have a common supertype`,
    );
  }
  if (declared) return { sql: array.sql, type: array.type };
  return array;
}

export function analyzeStruct(ctx: Context, env: Env, node: Node<"struct">): Typed {
  const parts = node.fields.map((field) => ctx.expr(env, field.expr));
  if (node.type) return typedStruct(ctx, node, parts);
  const type: GType = {
    kind: "STRUCT",
    fields: node.fields.map((field, i) => ({
      name: field.alias ?? impliedName(field.expr),
      type: (parts[i] as Typed).type,
    })),
  };
  return makeStruct(ctx, parts, type);
}

function typedStruct(ctx: Context, node: Node<"struct">, parts: Typed[]): Typed {
  const type = node.type && resolveType(ctx, node.type);
  if (type?.kind !== "STRUCT" || type.fields.length !== parts.length) {
    throw ctx.fail(
      node.pos,
      `STRUCT type has ${type?.kind === "STRUCT" ? type.fields.length : 0} fields but constructor call has ${parts.length} fields`,
    );
  }
  const coerced = parts.map((part, i) => {
    const target = type.fields[i]?.type ?? part.type;
    const value = coerce(part, target);
    if (value) return value;
    throw ctx.fail(
      node.fields[i]?.expr.pos ?? node.pos,
      `Struct field ${i + 1} has type ${typeName(part.type)} which does not coerce to ${typeName(target)}`,
    );
  });
  const { sql } = makeStruct(ctx, coerced, type);
  return { sql, type };
}

export function makeStruct(ctx: Context, parts: Typed[], type: GType & { kind: "STRUCT" }): Typed {
  const names = type.fields.map((field, i) => fieldName(field, i).toLowerCase());
  if (new Set(names).size < names.length) throw ctx.refuse("STRUCT with two fields of one name");
  if (names.some((name) => /[$"']/.test(name))) throw ctx.refuse("STRUCT with such a field name");
  if (parts.length === 0) throw ctx.refuse("STRUCT without fields");
  return { sql: packStruct(parts, type), type, parts };
}

/** The name that an unaliased column or struct field gets. */
export function impliedName(expr: Expr): string | null {
  if (expr.k === "path") return expr.names.at(-1)?.text ?? null;
  return expr.k === "field" ? expr.name.text : null;
}

export function analyzeIndex(ctx: Context, env: Env, node: Node<"index">): Typed {
  const base = ctx.expr(env, node.base);
  const index = ctx.expr(env, node.index);
  if (base.type.kind === "JSON") return jsonSubscript(ctx, base, index, node);
  if (base.type.kind !== "ARRAY") {
    throw ctx.fail(
      node.pos,
      `Element access using [] is not supported on values of type ${typeName(base.type)}`,
    );
  }
  const at = coerce(index, scalar("INT64"));
  if (!at)
    throw ctx.fail(
      node.index.pos,
      `Array position in [] must be coercible to INT64 type, but has type ${typeName(index.type)}`,
    );
  const shift = node.mode?.endsWith("ORDINAL") ? "" : " + 1";
  const lowest = node.mode?.endsWith("ORDINAL") ? 1 : 0;
  const inside = `$2 >= ${lowest} AND $2 < len($1) + ${lowest}`;
  const otherwise = node.mode?.startsWith("SAFE")
    ? "NULL"
    : `CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE error('Array index ' || $2 || ' is out of bounds') END`;
  const template = `CASE WHEN ${inside} THEN $1[$2${shift}] ELSE ${otherwise} END`;
  return { sql: fill(template, [base.sql, at.sql]), type: base.type.element };
}

function jsonSubscript(ctx: Context, base: Typed, index: Typed, node: Node<"index">): Typed {
  const step = index.constant?.value;
  if (node.mode || (typeof step !== "string" && typeof step !== "bigint")) {
    throw ctx.refuse("subscripts of JSON that are no constants");
  }
  return jsonMember(base, typeof step === "string" ? step : Number(step));
}

export function analyzeCase(ctx: Context, env: Env, node: Node<"case">): Typed {
  const operand = node.operand && ctx.expr(env, node.operand);
  const tests = node.whens.map(([when]) =>
    operand
      ? compare(ctx, "=", [operand, ctx.expr(env, when)], when.pos)
      : condition(ctx, env, when, "CASE condition"),
  );
  const values = node.whens.map(([, then]) => ctx.expr(env, then));
  const otherwise = node.otherwise ? ctx.expr(env, node.otherwise) : typedNull();
  if (!supertype([...values, otherwise])) throw caseError(ctx, node, tests, [...values, otherwise]);
  const results = unify(ctx, [...values, otherwise], node.pos, "operator CASE");
  const last = results.at(-1) as Typed;
  const merge = (items: string[]) =>
    `CASE ${tests.map((test, i) => `WHEN ${test.sql} THEN ${items[i]}`).join(" ")} ELSE ${items.at(-1)} END`;
  const exact = exactChoice(results, merge);
  if (exact) return exactNumeric(exact);
  return { sql: merge(results.map(({ sql }) => sql)), type: last.type };
}

function caseError(ctx: Context, node: Node<"case">, tests: Typed[], values: Typed[]): Error {
  const types = values.map((value) => typeName(value.type));
  const pairs = tests.map((test, i) => `(${typeName(test.type)} ${types[i]})`).join(" ");
  return ctx.fail(
    node.pos,
    `No matching signature for operator CASE; all THEN/ELSE arguments must be coercible to a common type but found: ${types.join(", ")}; actual argument types (WHEN THEN) ELSE: ${pairs} ${types.at(-1)}`,
  );
}

export function analyzeCast(ctx: Context, env: Env, node: Node<"cast">): Typed {
  if (node.format) throw ctx.refuse("CAST … FORMAT");
  const type = resolveType(ctx, node.type);
  const arg = ctx.expr(env, node.arg);
  if (arg.parts?.length === 0 && type.kind === "ARRAY") return coerce(arg, type) ?? arg;
  const result = castTo(arg, type, node.safe);
  if (result) return result;
  if (refusedCasts.has(`${arg.type.kind}>${type.kind}`)) {
    throw ctx.refuse(`CAST from ${typeName(arg.type)} to ${typeName(type)}`);
  }
  throw ctx.fail(node.arg.pos, `Invalid cast from ${typeName(arg.type)} to ${typeName(type)}`);
}

/** BigQuery has these casts, and the local warehouse has not. */
const refusedCasts = new Set(["STRING>JSON"]);
