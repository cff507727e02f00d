import type { Compiled, CompileOptions, RestDataType, WarehouseRoutine } from "../contract.ts";
import { Context, newScope, type ScriptValues } from "./analyze/context.ts";
import { analyzeExpr } from "./analyze/expressions.ts";
import { analyzeQuery } from "./analyze/queries.ts";
import { findRoutine, typeNode } from "./analyze/routines.ts";
import { compileStatement } from "./analyze/statements.ts";
import { resolveType } from "./analyze/type-nodes.ts";
import type { Expr, Name, TypeNode } from "./parse/ast.ts";
import type { Statement } from "./parse/statement-ast.ts";
import { coerce } from "./types/coerce.ts";
import { type GType, typeName } from "./types/types.ts";

/** What one statement or expression of a script is compiled with. */
export interface StepOptions extends CompileOptions {
  /** The text that positions refer to: the script's, a procedure's, that of EXECUTE IMMEDIATE. */
  source: string;
  values: ScriptValues;
}

const deadlineMs = 10_000;

function contextOf(options: StepOptions): Context {
  const analyzers = { expr: analyzeExpr, query: analyzeQuery };
  const deadline = performance.now() + deadlineMs;
  return new Context(options.source, options, deadline, analyzers, options.values);
}

/** One statement that is not of the procedural language, with the script's values in it. */
export function compileStep(statement: Statement, options: StepOptions): Compiled {
  const ctx = contextOf(options);
  const compiled = compileStatement(ctx, statement);
  if (!compiled) throw ctx.refuse("this statement here");
  const { readsAsOf } = ctx;
  return { statements: [compiled], referencedTables: [...ctx.referenced.values()], readsAsOf };
}

export interface CompiledExpression {
  /** DuckDB's SQL of the value. */
  sql: string;
  type: GType;
  /** The same values give the same answer at any time. */
  isPure: boolean;
  compiled: Pick<Compiled, "referencedTables" | "readsAsOf"> & {
    reads: Compiled["statements"][number]["reads"];
  };
}

/** A scalar expression of a script, coerced to `target` as an assignment does. */
export function compileExpression(
  expr: Expr,
  target: GType | null,
  options: StepOptions,
): CompiledExpression {
  let readsClock = false;
  const watched: StepOptions = {
    ...options,
    get now() {
      readsClock = true;
      return options.now;
    },
  };
  const ctx = contextOf(watched);
  // As deep as an expression of a SELECT list stands, where subqueries count on it.
  const scope = newScope(newScope(newScope(ctx.root)));
  const env = { scope, clause: "expression", aggregates: false, windows: null, aliases: null };
  const value = ctx.expr(env, expr);
  const coerced = target ? coerce(value, target) : value;
  if (!coerced) {
    throw ctx.fail(
      expr.pos,
      `Cannot coerce expression of type ${typeName(value.type)} to type ${typeName(target ?? value.type)}`,
    );
  }
  const reads = [...ctx.reads.values()].map(({ table, columns }) => ({
    table,
    columns: [...columns],
  }));
  return {
    sql: coerced.sql,
    type: coerced.type,
    isPure:
      !readsClock &&
      reads.length === 0 &&
      !/random\(\)|uuid\(\)|\bdata\.t_|\bmeta\.|maestro_javascript/.test(coerced.sql),
    compiled: {
      referencedTables: [...ctx.referenced.values()],
      readsAsOf: ctx.readsAsOf,
      reads,
    },
  };
}

export function compileType(node: TypeNode, options: StepOptions): GType {
  return resolveType(contextOf(options), node);
}

export function declaredType(type: RestDataType, options: StepOptions): GType {
  return resolveType(contextOf(options), typeNode(type));
}

/** The procedure that CALL names. */
export function procedureOf(path: Name[], options: StepOptions): WarehouseRoutine | undefined {
  const parts = path.map((name) => name.text);
  const routine = findRoutine(contextOf(options), parts);
  return routine?.routineType === "PROCEDURE" ? routine : undefined;
}
