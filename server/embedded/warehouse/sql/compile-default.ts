import type { FieldSchema } from "../../../../shared/table.ts";
import type { CompileOptions } from "../contract.ts";
import { Context } from "./analyze/context.ts";
import { defaultValue } from "./analyze/default-values.ts";
import { assign } from "./analyze/dml-parts.ts";
import { analyzeExpr } from "./analyze/expressions.ts";
import { analyzeQuery } from "./analyze/queries.ts";
import { notSupported } from "./parse/positions.ts";
import { fromField } from "./types/types.ts";

const deadlineMs = 10_000;

/** DuckDB's SQL of a column's DEFAULT, as an INSERT that leaves the column out writes it to each row. */
export function compileDefault(field: FieldSchema, options: CompileOptions): string {
  const { name, defaultValueExpression: defaultText } = field;
  const type = fromField(field);
  if (!type) throw notSupported(`columns of type ${field.type}`);
  const column = { name, type, ...(defaultText !== undefined && { defaultText }) };
  const analyzers = { expr: analyzeExpr, query: analyzeQuery };
  const deadline = performance.now() + deadlineMs;
  const ctx = new Context(defaultText ?? "", options, deadline, analyzers);
  return assign(ctx, 0, defaultValue(ctx, column), column);
}
