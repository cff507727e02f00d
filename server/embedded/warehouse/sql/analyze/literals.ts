import type { Literal } from "../parse/ast.ts";
import { readBig } from "../runtime/big-numerics.ts";
import { hasInfinity, readJson, writeJson } from "../runtime/json-tree.ts";
import { numericText, readDecimal } from "../runtime/numbers.ts";
import { bigSql } from "../types/big-numeric-casts.ts";
import { exactConstant } from "../types/exact-decimals.ts";
import { rangeLiteral } from "../types/ranges.ts";
import { parseTemporal } from "../types/temporal-literals.ts";
import {
  bool,
  bytes,
  float64,
  int64,
  quoteString,
  string,
  type Typed,
  typedNull,
} from "../types/typed.ts";
import { isRange, scalar } from "../types/types.ts";
import type { Context, Env } from "./context.ts";

const maxInt64 = 2n ** 63n - 1n;

export function analyzeLiteral(
  ctx: Context,
  _env: Env,
  node: Extract<Literal, { k: "literal" }>,
): Typed {
  switch (node.type) {
    case "NULL":
      return typedNull();
    case "BOOL":
      return bool(node.value);
    case "BYTES":
      return bytes(node.bytes);
    case "STRING":
      return string(node.text);
    case "INT64":
      return integer(ctx, node.text, node.pos);
    case "FLOAT64":
      return float64(Number(node.text), node.text);
    default:
      throw ctx.refuse("this literal");
  }
}

/** Also called with a sign, for the one integer that only exists negative. */
export function integer(ctx: Context, text: string, pos: number): Typed {
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  if (value > maxInt64 || value < -maxInt64 - 1n) {
    throw ctx.fail(pos, `Invalid integer literal: ${text}`);
  }
  return int64(value);
}

export function analyzeTyped(
  ctx: Context,
  _env: Env,
  node: Extract<Literal, { k: "typed" }>,
): Typed {
  switch (node.type) {
    case "NUMERIC":
    case "DECIMAL":
      return numeric(ctx, node.text, node.pos);
    case "BIGNUMERIC":
    case "BIGDECIMAL":
      return bigNumeric(ctx, node.text, node.pos);
    case "JSON":
      return json(ctx, node.text, node.pos);
    default: {
      if (node.type.startsWith("RANGE<")) return range(ctx, node.type, node.text, node.pos);
      const type = scalar(node.type as "DATE" | "DATETIME" | "TIME" | "TIMESTAMP");
      const value = parseTemporal(node.text, type);
      if (!value) throw ctx.fail(node.pos, `Invalid ${node.type} literal`);
      return value;
    }
  }
}

function numeric(ctx: Context, text: string, pos: number): Typed {
  const units = readDecimal(text, 9, true);
  if (units === null) throw ctx.fail(pos, `Invalid NUMERIC literal: ${JSON.stringify(text)}`);
  const sql = `CAST('${numericText(units)}' AS DECIMAL(38,9))`;
  return { sql, type: scalar("NUMERIC"), exact: exactConstant(units, 9) };
}

function bigNumeric(ctx: Context, text: string, pos: number): Typed {
  const units = readBig(text, true);
  if (units === null) throw ctx.fail(pos, `Invalid BIGNUMERIC literal: ${JSON.stringify(text)}`);
  return { sql: bigSql(units), type: scalar("BIGNUMERIC") };
}

function range(ctx: Context, type: string, text: string, pos: number): Typed {
  if (!isRange(type))
    throw ctx.fail(pos + "RANGE<".length, `Unsupported type: ${type} is not supported`);
  const value = rangeLiteral(text, type);
  if (typeof value !== "string") return value;
  throw ctx.fail(pos, `Invalid RANGE literal value: ${value}`);
}

function json(ctx: Context, text: string, pos: number): Typed {
  const tree = readJson(text);
  if (!tree) throw ctx.fail(pos, "Invalid JSON literal: syntax error while parsing value");
  if (hasInfinity(tree)) throw ctx.fail(pos, "Invalid JSON literal: number overflow");
  return { sql: `CAST(${quoteString(writeJson(tree, true))} AS JSON)`, type: scalar("JSON") };
}
