import type { CompiledStatement, WarehouseTable } from "../../contract.ts";
import type { Expr } from "../parse/ast.ts";
import type { MergeWhen, Statement } from "../parse/statement-ast.ts";
import { type Typed, typedNull } from "../types/typed.ts";
import { quoteName } from "../types/types.ts";
import { type Context, newScope, type Scope, type Source } from "./context.ts";
import { defaultValue } from "./default-values.ts";
import {
  assign,
  columnOf,
  done,
  oneMatchOnly,
  setClause,
  type TargetColumn,
  target,
  targetScope,
  unnamedDefaults,
} from "./dml-parts.ts";
import { analyzeFrom } from "./from.ts";
import { take } from "./names.ts";
import { condition } from "./operators.ts";
import { plainEnv } from "./plain-env.ts";

type Merge = Extract<Statement, { k: "merge" }>;

/** The scopes that the clauses see, over one target and one source. */
interface Sides {
  id: string;
  source: string;
  both: Scope;
  targetOnly: Scope;
  sourceOnly: Scope;
}

/**
 * DuckDB has MERGE too, but takes one of several source rows where BigQuery fails: a condition on the
 * source counts the matches of each target row first.
 */
export function compileMerge(ctx: Context, node: Merge): CompiledStatement {
  const table = target(ctx, node.path);
  if (table.partitioning && table.partitioning.field === null) {
    throw ctx.refuse("MERGE into a table partitioned by ingestion time");
  }
  if (node.source.k !== "table" && node.source.k !== "subquery") {
    throw ctx.refuse("MERGE from anything but a table or a subquery");
  }
  const sides = open(ctx, node, table);
  const on = condition(
    ctx,
    plainEnv(sides.both, "MERGE ON clause"),
    node.on,
    "MERGE ON clause",
  ).sql;
  const whens = node.whens.map((when) => whenSql(ctx, table, sides, when));
  const guard = matchGuard(ctx, node, table);
  const source = guard === null ? sides.source : guarded(sides.source, guard);
  const sql = `MERGE INTO ${table.relation} AS ${sides.id} USING ${source} ON ${on} ${whens.join(" ")}`;
  return done(ctx, "MERGE", table, sql);
}

function open(ctx: Context, node: Merge, table: WarehouseTable): Sides {
  const { scope: targetOnly, id } = targetScope(ctx, table, node.alias);
  const sourceOnly = newScope(ctx.root);
  const source = analyzeFrom(ctx, node.source, sourceOnly);
  const both = newScope(ctx.root);
  both.sources.push(...targetOnly.sources, ...sourceOnly.sources);
  return { id, source, both, targetOnly, sourceOnly };
}

/** `relation AS alias` with a condition on its rows. */
function guarded(source: string, guard: string): string {
  const at = source.lastIndexOf(" AS ");
  const alias = source.slice(at + 4);
  return `(SELECT * FROM ${source} WHERE ${guard}) AS ${alias}`;
}

/** Null where no clause could change a row twice. */
function matchGuard(ctx: Context, node: Merge, table: WarehouseTable): string | null {
  const matched = node.whens.filter((when) => when.match === "matched");
  if (matched.length === 0) return null;
  const sides = open(ctx, node, table);
  const env = plainEnv(sides.both, "MERGE ON clause");
  const on = condition(ctx, env, node.on, "MERGE ON clause").sql;
  const always = matched.some((when) => when.condition === null);
  const conditions = matched.map((when) =>
    when.condition ? condition(ctx, env, when.condition, "WHEN clause").sql : "true",
  );
  const where = always ? "" : ` WHERE ${conditions.join(" OR ")}`;
  const counts = `SELECT count(*) AS "n" FROM ${table.relation} AS ${sides.id} JOIN ${sides.source} ON ${on}${where} GROUP BY ${sides.id}.rowid`;
  return `coalesce((SELECT bool_and(${oneMatchOnly}) FROM (${counts}) AS _n), true)`;
}

const words: Record<MergeWhen["match"], string> = {
  matched: "MATCHED",
  notMatchedByTarget: "NOT MATCHED",
  notMatchedBySource: "NOT MATCHED BY SOURCE",
};

function whenSql(ctx: Context, table: WarehouseTable, sides: Sides, when: MergeWhen): string {
  const scope = {
    matched: sides.both,
    notMatchedByTarget: sides.sourceOnly,
    notMatchedBySource: sides.targetOnly,
  }[when.match];
  const env = plainEnv(scope, "WHEN clause");
  const and = when.condition
    ? ` AND ${condition(ctx, env, when.condition, "WHEN clause").sql}`
    : "";
  return `WHEN ${words[when.match]}${and} THEN ${actionSql(ctx, table, scope, when)}`;
}

function actionSql(ctx: Context, table: WarehouseTable, scope: Scope, when: MergeWhen): string {
  const { action } = when;
  const isInsert = action.k === "insert";
  if (isInsert !== (when.match === "notMatchedByTarget")) {
    throw ctx.fail(
      when.pos,
      `${action.k.toUpperCase()} is not allowed in a WHEN ${words[when.match]} clause`,
    );
  }
  if (action.k === "delete") return "DELETE";
  if (action.k === "update") {
    const sets = action.set.map((each) => setClause(ctx, table, scope, each));
    return `UPDATE SET ${sets.map(({ column, value }) => `${column} = ${value}`).join(", ")}`;
  }
  const names =
    action.columns ?? table.schema.map((field) => ({ text: field.name, pos: when.pos }));
  const columns = names.map((name) => columnOf(ctx, table, name));
  const values = insertValues(ctx, scope, action.values, columns);
  if (values.length !== columns.length) {
    throw ctx.fail(
      when.pos,
      `Inserted row has wrong column count; Has ${values.length}, expected ${columns.length}`,
    );
  }
  const unnamed = unnamedDefaults(ctx, table, columns);
  const all = [...columns, ...unnamed];
  const given = [...values, ...unnamed.map((column) => defaultValue(ctx, column))];
  const list = all.map((column) => quoteName(column.name)).join(", ");
  const row = all.map((column, i) => assign(ctx, when.pos, given[i] as Typed, column)).join(", ");
  return `INSERT (${list}) VALUES (${row})`;
}

function insertValues(
  ctx: Context,
  scope: Scope,
  values: (Expr | null)[] | "row",
  columns: TargetColumn[],
): Typed[] {
  if (values === "row") {
    return scope.sources.flatMap((source: Source) =>
      source.columns.map((column) => take(ctx, column)),
    );
  }
  const env = plainEnv(scope, "INSERT");
  return values.map((value, i) => {
    if (value) return ctx.expr(env, value);
    const column = columns[i];
    return column ? defaultValue(ctx, column) : typedNull();
  });
}
