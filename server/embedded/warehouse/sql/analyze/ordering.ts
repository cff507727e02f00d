import type { OrderItem } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { duckType, typeName } from "../types/types.ts";
import type { Context } from "./context.ts";

/**
 * One ORDER BY key. BigQuery puts NULL first ascending and last descending, and NaN below every
 * number where DuckDB has it on top: floats get a key of their own for that.
 */
export function orderSql(ctx: Context, key: Typed, item: OrderItem, mayRepeat = true): string {
  if (["ARRAY", "STRUCT", "JSON"].includes(key.type.kind)) {
    throw ctx.fail(
      item.expr.pos,
      `ORDER BY does not support expressions of type ${typeName(key.type)}`,
    );
  }
  const direction = item.descending ? "DESC" : "ASC";
  const nulls = item.nulls ?? (item.descending ? "last" : "first");
  // A bare constant after ORDER BY is a mistake to DuckDB.
  const sql = key.constant ? `CAST(${key.sql} AS ${duckType(key.type)})` : key.sql;
  const plain = `${sql} ${direction} NULLS ${nulls.toUpperCase()}`;
  const repeatable = mayRepeat && key.sql.length < 2000 && !key.sql.includes("random()");
  if (key.type.kind !== "FLOAT64" || key.constant || !repeatable) return plain;
  const nullRank = nulls === "first" ? 0 : 3;
  const [nan, number] = item.descending ? [2, 1] : [1, 2];
  const rank = `CASE WHEN ${key.sql} IS NULL THEN ${nullRank} WHEN isnan(${key.sql}) THEN ${nan} ELSE ${number} END`;
  return `${rank} ASC, ${plain}`;
}
