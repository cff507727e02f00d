import type { OrderItem } from "../parse/ast.ts";
import type { Typed } from "../types/typed.ts";
import { duckType, typeName } from "../types/types.ts";
import type { Context } from "./context.ts";

/**
 * One ORDER BY key. BigQuery puts NULL first ascending and last descending, and NaN below every
 * number where DuckDB has it on top: floats are ordered by what they are negated, the other way round.
 */
export function orderSql(ctx: Context, key: Typed, item: OrderItem, isOrdinal = false): string {
  if (["ARRAY", "STRUCT", "JSON"].includes(key.type.kind)) {
    throw ctx.fail(
      item.expr.pos,
      `ORDER BY does not support expressions of type ${typeName(key.type)}`,
    );
  }
  const nulls = (item.nulls ?? (item.descending ? "last" : "first")).toUpperCase();
  const isFloat = key.type.kind === "FLOAT64" && !key.constant && !isOrdinal;
  // A bare constant after ORDER BY is a mistake to DuckDB.
  const plain = key.constant ? `CAST(${key.sql} AS ${duckType(key.type)})` : key.sql;
  const sql = isFloat ? `(- ${plain})` : plain;
  return `${sql} ${isFloat === Boolean(item.descending) ? "ASC" : "DESC"} NULLS ${nulls}`;
}
