import type { Call, Expr, FromItem, PivotClause, Query, SelectItem } from "../parse/ast.ts";
import { emptySelect, queryOf } from "../parse/made-queries.ts";
import { type Context, newScope, type Scope } from "./context.ts";
import { resolvePath } from "./names.ts";

type ColumnsOf = (item: FromItem, scope: Scope) => void;

/*
 * PIVOT is rewritten in GoogleSQL's own terms, over the same source, and compiled as that.
 */

/** Aggregates that pass over NULL, and so can be told which rows are theirs by IF(input = value, arg, NULL). */
const passingNulls = new Set(
  "SUM AVG MIN MAX COUNT COUNTIF ANY_VALUE STRING_AGG LOGICAL_AND LOGICAL_OR STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP".split(
    " ",
  ),
);

export function pivotQuery(
  ctx: Context,
  source: FromItem,
  pivot: PivotClause,
  scope: Scope,
  open: ColumnsOf,
): Query {
  const inner = newScope(scope.parent, scope.ctes);
  ctx.collect(() => open(source, inner));
  const used = usedColumns(ctx, inner, pivot);
  const groups = inner.sources
    .flatMap((each) => each.columns)
    .filter((column) => !used.has(column.sql))
    .map((column): SelectItem => pathItem(column.name ?? "", pivot.pos));
  const items = pivot.values.flatMap((value) =>
    pivot.aggregates.map((aggregate): SelectItem => {
      const expr = only(ctx, aggregate.call, equals(pivot.input, value.expr));
      const name = columnName(ctx, pivot, aggregate.alias?.text, value);
      return { k: "expr", expr, alias: { text: name, pos: pivot.pos }, pos: pivot.pos };
    }),
  );
  const keys = groups.map((item) => (item.k === "expr" ? item.expr : pivot.input));
  const groupBy = keys.length === 0 ? null : keys.map((expr) => ({ k: "expr" as const, expr }));
  return queryOf({
    ...emptySelect(pivot.pos),
    items: [...groups, ...items],
    from: source,
    groupBy,
  });
}

function usedColumns(ctx: Context, scope: Scope, pivot: PivotClause): Set<string> {
  const used = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("k" in node && node.k === "path")
      used.add(
        ctx.collect(() => resolvePath(ctx, scope, (node as Extract<Expr, { k: "path" }>).names))
          .result.sql,
      );
    else for (const value of Object.values(node)) visit(value);
  };
  visit(pivot.input);
  for (const { call } of pivot.aggregates) visit(call);
  return used;
}

const equals = (input: Expr, value: Expr): Expr => ({
  k: "distinctFrom",
  left: input,
  right: value,
  not: true,
  pos: value.pos,
});

function only(ctx: Context, call: Expr, test: Expr): Expr {
  if (call.k !== "call" || !passingNulls.has(call.name) || call.distinct || call.over) {
    throw ctx.refuse(`PIVOT with ${call.k === "call" ? call.name : "this expression"}`);
  }
  if (call.star || call.name === "COUNTIF") {
    const [condition] = call.args;
    const both: Expr = condition ? { k: "and", args: [test, condition], pos: call.pos } : test;
    return { ...call, name: "COUNTIF", star: false, args: [both] };
  }
  const [first, ...rest] = call.args;
  if (!first) throw ctx.fail(call.pos, `No matching signature for aggregate function ${call.name}`);
  const chosen: Call = {
    ...call,
    name: "IF",
    args: [test, first, { k: "literal", type: "NULL", pos: call.pos }],
    orderBy: [],
    limit: null,
  };
  return { ...call, args: [chosen, ...rest] };
}

function columnName(
  ctx: Context,
  pivot: PivotClause,
  prefix: string | undefined,
  value: PivotClause["values"][number],
): string {
  if (pivot.aggregates.length > 1 && !prefix) {
    throw ctx.fail(
      pivot.pos,
      "PIVOT expression must specify an alias unless it is the only PIVOT expression in the PIVOT clause",
    );
  }
  const own = value.alias?.text ?? valueName(ctx, value.expr);
  return prefix ? `${prefix}_${own}` : own;
}

function valueName(ctx: Context, expr: Expr): string {
  if (expr.k === "literal" && expr.type === "STRING") return expr.text;
  if (expr.k === "literal" && expr.type === "INT64") return `_${expr.text}`;
  if (expr.k === "typed" && expr.type === "DATE") return `_${expr.text.replaceAll("-", "_")}`;
  throw ctx.refuse("PIVOT over values that are no STRING, INT64 or DATE literals without an alias");
}

function pathItem(name: string, pos: number): SelectItem {
  return { k: "expr", expr: { k: "path", names: [{ text: name, pos }], pos }, alias: null, pos };
}
