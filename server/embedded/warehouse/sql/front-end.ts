import {
  type Compiled,
  type CompiledStatement,
  type CompileOptions,
  type SqlFrontEnd,
  WarehouseError,
} from "../contract.ts";
import { sandbox } from "../javascript/sandbox.ts";
import { Context } from "./analyze/context.ts";
import { analyzeExpr } from "./analyze/expressions.ts";
import { analyzeQuery } from "./analyze/queries.ts";
import { compileStatement } from "./analyze/statements.ts";
import { readLegacy } from "./legacy/read-legacy.ts";
import { notSupported } from "./parse/positions.ts";
import type { Statement } from "./parse/statement-ast.ts";
import { parseScript } from "./parse/statements.ts";
import { prelude } from "./runtime/prelude.ts";
import { registerFunctions } from "./runtime/scalar-functions.ts";

/** BigQuery's own limit of a query's length. */
const maxLength = 1024 * 1024;

/**
 * GoogleSQL in, DuckDB's SQL out. Parser and analyzer are ours and go through the text once, so they
 * need no thread of their own: what could run away (views over views, functions in functions) counts
 * its steps and looks at the deadline.
 */
export function createSqlFrontEnd(settings: { deadlineMs: number }): SqlFrontEnd {
  return {
    compile: async (sql, options) => compile(sql, options, performance.now() + settings.deadlineMs),
    install: async (connection) => {
      for (const statement of prelude()) await connection.run(statement);
      registerFunctions(connection);
    },
    close: () => sandbox.close(),
  };
}

function statementsOf(ctx: Context, sql: string): Statement[] {
  if (!ctx.options.legacySql) return parseScript(sql);
  return [{ k: "query", query: readLegacy(ctx, sql), pos: 0 }];
}

function compile(sql: string, options: CompileOptions, deadline: number): Compiled {
  if (sql.length > maxLength) {
    throw new WarehouseError(
      "invalidQuery",
      `The query is too large. The maximum standard SQL query length is ${maxLength} characters.`,
    );
  }
  const ctx = new Context(sql, options, deadline, { expr: analyzeExpr, query: analyzeQuery });
  try {
    const statements = statementsOf(ctx, sql)
      .map((statement) => compileStatement(ctx, statement))
      .filter((statement): statement is CompiledStatement => statement !== null);
    if (statements.length === 0) throw notSupported("a script that only declares functions");
    const { readsAsOf } = ctx;
    return { statements, referencedTables: [...ctx.referenced.values()], readsAsOf };
  } catch (error) {
    // Deep nesting ends in the stack before the parser's own limit on an unlucky path.
    if (error instanceof RangeError) {
      throw new WarehouseError("resourcesExceeded", "Resources exceeded: the query is too complex");
    }
    throw error;
  }
}
