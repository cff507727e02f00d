import type { QueryParameter } from "../../contract.ts";
import type { Expr } from "../parse/ast.ts";
import { castTo } from "../types/casts.ts";
import { coerceArrayLiteral, packStruct } from "../types/coerce.ts";
import { rangeLiteral } from "../types/ranges.ts";
import { parseTemporal } from "../types/temporal-literals.ts";
import { bool, bytes, float64, int64, nullOf, string, type Typed } from "../types/typed.ts";
import { type GType, isRange, type RangeKind, scalar, scalarKind } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

interface RestType {
  type: string;
  arrayType?: RestType;
  structTypes?: { name?: string; type: RestType }[];
  rangeElementType?: RestType;
}

interface RestValue {
  value?: string | null;
  arrayValues?: RestValue[] | null;
  structValues?: Record<string, RestValue> | null;
  rangeValue?: { start?: RestValue | null; end?: RestValue | null } | null;
}

/** `@name` or `?`: the REST request's value, as a constant of its declared type. */
export function analyzeParameter(
  ctx: Context,
  _env: Env,
  node: Extract<Expr, { k: "param" }>,
): Typed {
  if (ctx.script?.bound) return boundValue(ctx, ctx.script.bound, node);
  const { parameters } = ctx.options;
  const parameter =
    node.name === null
      ? parameters[node.ordinal - 1]
      : parameters.find((p) => p.name?.toLowerCase() === node.name?.toLowerCase());
  if (!parameter) {
    throw ctx.fail(
      node.pos,
      node.name === null
        ? `Query parameter number ${node.ordinal} is not defined`
        : `Query parameter '${node.name}' not found`,
    );
  }
  return parameterValue(ctx, parameter, node.pos);
}

/** A value of EXECUTE IMMEDIATE … USING. */
function boundValue(
  ctx: Context,
  bound: { name: string | null; value: Typed }[],
  node: Extract<Expr, { k: "param" }>,
): Typed {
  const found =
    node.name === null
      ? bound[node.ordinal - 1]
      : bound.find(({ name }) => name?.toLowerCase() === node.name?.toLowerCase());
  if (found) return found.value;
  throw ctx.fail(
    node.pos,
    node.name === null
      ? `Query parameter number ${node.ordinal} is not defined`
      : `Query parameter '${node.name}' not found`,
  );
}

function parameterValue(ctx: Context, parameter: QueryParameter, pos: number): Typed {
  const type = restType(ctx, parameter.parameterType as RestType);
  return valueAs(ctx, type, (parameter.parameterValue ?? {}) as RestValue, pos);
}

function restType(ctx: Context, rest: RestType): GType {
  const name = rest.type.toUpperCase();
  if (name === "ARRAY") {
    return { kind: "ARRAY", element: restType(ctx, rest.arrayType ?? { type: "" }) };
  }
  if (name === "STRUCT") {
    const fields = (rest.structTypes ?? []).map((field) => ({
      name: field.name ?? null,
      type: restType(ctx, field.type),
    }));
    return { kind: "STRUCT", fields };
  }
  const element = rest.rangeElementType?.type.toUpperCase();
  const kind = scalarKind(name === "RANGE" ? `RANGE<${element}>` : name);
  if (!kind) throw ctx.refuse(`query parameters of type ${rest.type}`);
  return scalar(kind);
}

function valueAs(ctx: Context, type: GType, value: RestValue, pos: number): Typed {
  if (type.kind === "ARRAY") {
    const items = (value.arrayValues ?? []).map((item) => valueAs(ctx, type.element, item, pos));
    const array = coerceArrayLiteral(items, type);
    if (!array) throw ctx.fail(pos, "Invalid value for an ARRAY parameter");
    return { sql: array.sql, type };
  }
  if (type.kind === "STRUCT") {
    const parts = type.fields.map((field) =>
      valueAs(ctx, field.type, value.structValues?.[field.name ?? ""] ?? {}, pos),
    );
    return { sql: packStruct(parts, type), type };
  }
  if (isRange(type.kind) && value.rangeValue) return rangeParameter(ctx, type.kind, value, pos);
  if (value.value === undefined || value.value === null) return nullOf(type);
  return scalarValue(ctx, type, String(value.value), pos);
}

/** An end that is absent, or UNBOUNDED as Google's clients write it, is unbounded. */
function rangeParameter(ctx: Context, kind: RangeKind, value: RestValue, pos: number): Typed {
  const { start, end } = value.rangeValue ?? {};
  const [low = "UNBOUNDED", high = "UNBOUNDED"] = [start?.value, end?.value].map(
    (text) => text ?? undefined,
  );
  const range = rangeLiteral(`[${low}, ${high})`, kind);
  if (typeof range !== "string") return range;
  throw ctx.fail(pos, `Invalid value for a query parameter of type ${kind}: ${range}`);
}

function scalarValue(ctx: Context, type: GType, text: string, pos: number): Typed {
  const parsed = parseScalar(type, text);
  if (!parsed)
    throw ctx.fail(pos, `Invalid value for a query parameter of type ${type.kind}: ${text}`);
  return parsed.constant
    ? { ...parsed, constant: { ...parsed.constant, parameter: true } }
    : parsed;
}

function parseScalar(type: GType, text: string): Typed | null {
  switch (type.kind) {
    case "STRING":
      return string(text);
    case "INT64":
      return /^[+-]?\d{1,19}$/.test(text) ? int64(BigInt(text.replace("+", ""))) : null;
    case "FLOAT64":
      return parseFloat64(text);
    case "BOOL":
      return /^(true|false)$/i.test(text) ? bool(text.toLowerCase() === "true") : null;
    case "BYTES":
      return bytes(Buffer.from(text, "base64"));
    case "NUMERIC":
    case "BIGNUMERIC":
    case "INTERVAL":
    case "JSON":
      return type.kind === "JSON"
        ? { sql: `CAST(${string(text).sql} AS JSON)`, type }
        : castTo({ sql: string(text).sql, type: scalar("STRING") }, type, false);
    case "DATE":
    case "DATETIME":
    case "TIME":
    case "TIMESTAMP":
      return parseTemporal(text, type);
    default:
      return null;
  }
}

function parseFloat64(text: string): Typed | null {
  const special: Record<string, number> = {
    inf: Infinity,
    "+inf": Infinity,
    "-inf": -Infinity,
    nan: NaN,
  };
  const value = special[text.toLowerCase().replace("infinity", "inf")] ?? Number(text);
  if (Number.isNaN(value) && text.toLowerCase() !== "nan") return null;
  const { sql, type } = float64(value);
  // NaN and the infinities must not pass for ordinary constants.
  return Number.isFinite(value) ? float64(value) : { sql, type };
}
