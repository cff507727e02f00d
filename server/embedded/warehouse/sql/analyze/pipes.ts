import type { Body, FromItem, Pipe, Select } from "../parse/ast.ts";
import { starOf } from "../parse/made-queries.ts";
import { hasAggregate, hasWindow } from "./aggregates.ts";
import {
  type Context,
  type Env,
  newScope,
  type Relation,
  type Rows,
  type Scope,
} from "./context.ts";
import { analyzeFrom } from "./from.ts";
import { limitSql } from "./limits.ts";
import { condition } from "./operators.ts";
import { orderSql } from "./ordering.ts";
import { aliased, distinctRows, dropColumns, renameColumns, setColumns } from "./pipe-columns.ts";
import { rowsOfRelation, rowsOfScope, scopeOf, seal } from "./pipe-rows.ts";
import { analyzeSelect } from "./select.ts";
import { expandItems } from "./select-items.ts";
import { analyzeSetOperation } from "./set-operations.ts";
import { windowMap } from "./window-map.ts";
import { bindWiths, underWiths } from "./withs.ts";
import type { Labels } from "./wrap.ts";

type Piped = Extract<Body, { k: "piped" }>;
type Op<K extends Pipe["k"]> = Extract<Pipe, { k: K }>;

/**
 * `FROM … |> … |> …`. Every operator takes rows and makes rows. Rows are SQL that stands after FROM
 * and the names that reach into it: the visible columns, and the table aliases, which go on meaning
 * the original values where SET, DROP and RENAME changed the visible ones.
 */
export function analyzePipes(ctx: Context, body: Piped, parent: Scope, labels: Labels): Relation {
  const withs: string[] = [];
  let rows = input(ctx, body, parent);
  for (const pipe of body.pipes) {
    ctx.tick();
    if (pipe.k === "with") {
      withs.push(bindWiths(ctx, pipe, parent, parent.ctes));
    } else rows = apply(ctx, rows, pipe, parent);
  }
  const from: FromItem = { k: "rows", pos: body.pos };
  ctx.rows.set(from, rows);
  refuseStructRows(ctx, rows, labels);
  const { narrow: _, ...relation } = analyzeSelect(ctx, starOf(from), parent, {
    orderBy: [],
    limit: "",
    labels,
  });
  return {
    ...relation,
    sql: withs.reduceRight((sql, clause) => underWiths(clause, sql), relation.sql),
  };
}

/** Rows that are STRUCTs come apart at the top of a query, and would have to stay whole below. */
function refuseStructRows(ctx: Context, { sources }: Rows, labels: Labels): void {
  const isValue = sources.some((source) => source.value?.type.kind === "STRUCT");
  if (isValue && labels === undefined) throw ctx.refuse("pipes over STRUCT values in a subquery");
}

function input(ctx: Context, { input: from }: Piped, parent: Scope): Rows {
  if (from.k === "query") return rowsOfRelation(ctx, ctx.analyzers.query(ctx, from.query, parent));
  const scope = newScope(parent);
  return rowsOfScope(analyzeFrom(ctx, from, scope), scope);
}

function apply(ctx: Context, rows: Rows, pipe: Pipe, parent: Scope): Rows {
  switch (pipe.k) {
    case "select":
      return select(ctx, rows, pipe, parent);
    case "extend":
      return extend(ctx, rows, pipe, parent);
    case "set":
      return setColumns(ctx, rows, pipe, envOf(rows, parent, "the pipe operator SET"));
    case "drop":
      return dropColumns(ctx, rows, pipe);
    case "rename":
      return renameColumns(ctx, rows, pipe);
    case "as":
      return aliased(rows, pipe);
    case "where":
      return where(ctx, rows, pipe, parent);
    case "limit":
      return limit(ctx, rows, pipe, parent);
    case "aggregate":
      return aggregate(ctx, rows, pipe, parent);
    case "distinct":
      return distinctRows(ctx, rows, pipe);
    case "orderBy":
      return order(ctx, rows, pipe, parent);
    case "setop":
      return setOperation(ctx, rows, pipe, parent);
    default:
      return fromOperator(ctx, rows, pipe, parent);
  }
}

function envOf(rows: Rows, parent: Scope, clause: string, node?: Pick<Select, "windows">): Env {
  const windows = windowMap(node ?? { windows: [] });
  return { scope: scopeOf(rows, parent), clause, aggregates: false, windows, aliases: null };
}

/** The rows as an item of FROM, for what is compiled as an ordinary SELECT. */
function nodeOf(ctx: Context, rows: Rows, pos: number): FromItem {
  const node: FromItem = { k: "rows", pos };
  ctx.rows.set(node, rows);
  return node;
}

function select(
  ctx: Context,
  rows: Rows,
  { select: node, pos }: Op<"select">,
  parent: Scope,
): Rows {
  const written: Select = { ...node, from: nodeOf(ctx, rows, pos) };
  for (const item of node.items) {
    if (item.k === "expr" && hasAggregate(item.expr)) {
      throw ctx.fail(item.pos, "Aggregate functions are not allowed in the pipe operator SELECT");
    }
  }
  if (node.distinct || node.as) {
    const plain = { ...rows, order: null };
    const from = nodeOf(ctx, plain, pos);
    const tail = { orderBy: [], limit: "", labels: undefined };
    return rowsOfRelation(ctx, analyzeSelect(ctx, { ...written, from }, parent, tail));
  }
  const columns = computed(ctx, rows, written, parent);
  return seal(ctx, rows, { columns, pseudo: [], ranges: [] });
}

function extend(ctx: Context, rows: Rows, pipe: Op<"extend">, parent: Scope): Rows {
  const from = nodeOf(ctx, rows, pipe.pos);
  const node = { ...starOf(from), items: pipe.items, windows: pipe.windows };
  const [visible, ...ranges] = rows.sources;
  const columns = [...(visible?.columns ?? []), ...computed(ctx, rows, node, parent)];
  return seal(ctx, rows, { columns, pseudo: visible?.pseudo ?? [], ranges });
}

/** The columns of a select list over the rows. */
function computed(ctx: Context, rows: Rows, node: Select, parent: Scope) {
  const env = envOf(rows, parent, "a pipe operator", node);
  return expandItems(ctx, node, env.scope).map((item) => {
    const { result, use } = ctx.collect(() => item.compute(env));
    return { name: item.name, sql: result.sql, type: result.type, use };
  });
}

function where(ctx: Context, rows: Rows, pipe: Op<"where">, parent: Scope): Rows {
  const env = envOf(rows, parent, "WHERE clause");
  const { sql } = condition(ctx, env, pipe.expr, "WHERE clause");
  return seal(ctx, rows, null, ` ${hasWindow(pipe.expr) ? "QUALIFY" : "WHERE"} ${sql}`);
}

function limit(ctx: Context, rows: Rows, pipe: Op<"limit">, parent: Scope): Rows {
  const tail = limitSql(ctx, pipe, parent);
  const ordered = rows.order === null ? rows : seal(ctx, rows, null);
  return seal(
    ctx,
    ordered,
    null,
    `${ordered.order === null ? "" : ` ORDER BY ${ordered.order}`}${tail}`,
  );
}

function order(ctx: Context, rows: Rows, pipe: Op<"orderBy">, parent: Scope): Rows {
  const env = envOf(rows, parent, "ORDER BY clause");
  const keys = pipe.orderBy.map((item) => {
    if (item.expr.k === "literal") {
      if (item.expr.type !== "INT64")
        throw ctx.fail(item.expr.pos, "Cannot ORDER BY literal expressions");
      const column = rows.sources[0]?.columns[Number(item.expr.text) - 1];
      if (!column)
        throw ctx.fail(
          item.expr.pos,
          `ORDER BY column number item is out of range: ${item.expr.text}. The number of columns is ${rows.sources[0]?.columns.length ?? 0}`,
        );
      ctx.use(column);
      return orderSql(ctx, { sql: column.sql, type: column.type }, item);
    }
    return orderSql(ctx, ctx.expr(env, item.expr), item);
  });
  return { ...rows, order: keys.join(", ") };
}

function aggregate(ctx: Context, rows: Rows, pipe: Op<"aggregate">, parent: Scope): Rows {
  const from = nodeOf(ctx, { ...rows, order: null }, pipe.pos);
  for (const item of pipe.items.slice(pipe.groupBy.length)) {
    if (item.k === "expr" && !hasAggregate(item.expr)) {
      throw ctx.fail(
        item.pos,
        "The AGGREGATE list of a pipe can only have expressions with aggregate functions",
      );
    }
    if (item.k === "expr" && hasWindow(item.expr)) {
      throw ctx.fail(item.pos, "Analytic function not allowed in the pipe operator AGGREGATE");
    }
  }
  const groupBy = pipe.groupBy.length > 0 ? pipe.groupBy : null;
  const node: Select = { ...starOf(from), items: pipe.items, groupBy };
  const tail = { orderBy: [], limit: "", labels: undefined };
  const grouped = rowsOfRelation(ctx, analyzeSelect(ctx, node, parent, tail));
  if (pipe.orderBy.length === 0) return grouped;
  return order(ctx, grouped, { k: "orderBy", orderBy: pipe.orderBy, pos: pipe.pos }, parent);
}

function setOperation(ctx: Context, rows: Rows, pipe: Op<"setop">, parent: Scope): Rows {
  const first = starOf(nodeOf(ctx, { ...rows, order: null }, pipe.pos));
  const others = pipe.queries.map((query): Body => ({ k: "parens", query, pos: query.pos }));
  const node = {
    k: "setop" as const,
    op: pipe.op,
    all: pipe.all,
    operands: [first, ...others],
    pos: pipe.pos,
  };
  const tail = { orderBy: [], limit: "", labels: undefined };
  const relation = analyzeSetOperation(ctx, node, parent, (operand) =>
    operand.k === "parens"
      ? ctx.analyzers.query(ctx, operand.query, parent)
      : analyzeSelect(ctx, operand as Select, parent, tail),
  );
  return rowsOfRelation(ctx, relation);
}

/** JOIN, PIVOT, UNPIVOT: items of FROM whose left side is the rows. */
function fromOperator(
  ctx: Context,
  rows: Rows,
  pipe: Op<"join"> | Op<"pivot"> | Op<"unpivot"> | Op<"with">,
  parent: Scope,
): Rows {
  const left = nodeOf(ctx, { ...rows, order: null }, pipe.pos);
  const scope = newScope(parent);
  const { pos } = pipe;
  if (pipe.k === "with") return rows;
  const item: FromItem =
    pipe.k === "join"
      ? { ...pipe, left }
      : pipe.k === "pivot"
        ? { k: "pivot", source: left, pivot: pipe.pivot, pos }
        : { k: "unpivot", source: left, unpivot: pipe.unpivot, pos };
  return rowsOfScope(analyzeFrom(ctx, item, scope), scope);
}
