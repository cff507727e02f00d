import { WarehouseError } from "../contract.ts";
import { isLegacySql } from "../dialect.ts";
import type { JobDocument } from "../job-resource.ts";
import type { Located } from "../sql/parse/statement-ast.ts";
import { parseProgram } from "../sql/parse/statements.ts";

export interface ScriptText {
  sql: string;
  statements: Located[];
  /** As statistics.query has it: SCRIPT, or ASSERT for one that stands alone. */
  statementType: string;
}

const maxLength = 1024 * 1024;

/**
 * A query job's script; null for a single statement, which may have temporary functions before it if
 * it is a SELECT. Throws BigQuery's syntax errors: nothing of a script runs that cannot be read.
 */
export function scriptOf(job: JobDocument): ScriptText | null {
  const query = job.configuration["query"] as
    | { query?: unknown; useLegacySql?: boolean; destinationTable?: unknown }
    | undefined;
  const sql = query?.query;
  // What is left out here is refused where single queries are.
  if (typeof sql !== "string" || isLegacySql(sql, query?.useLegacySql) || sql.length > maxLength) {
    return null;
  }
  if (sql.trim() === "") return null;
  let statements: Located[];
  try {
    statements = parseProgram(sql);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const [first, ...others] = statements.filter(({ statement }) => !isTemporaryFunction(statement));
  const functions = first ? statements.length - 1 - others.length : statements.length;
  const isScript =
    !first ||
    others.length > 0 ||
    isProcedural(first.statement) ||
    (functions > 0 && first.statement.k !== "query");
  if (!isScript) return null;
  if (query?.destinationTable) {
    throw new WarehouseError(
      "invalidQuery",
      "configuration.query.destinationTable cannot be set for scripts",
    );
  }
  const isAssert = statements.length === 1 && first?.statement.k === "assert";
  return { sql, statements, statementType: isAssert ? "ASSERT" : "SCRIPT" };
}

export function isTemporaryFunction(
  statement: Located["statement"],
): statement is Extract<Located["statement"], { k: "createFunction" }> {
  return statement.k === "createFunction" && statement.temporary;
}

const procedural = new Set<Located["statement"]["k"]>([
  "block",
  "if",
  "caseStatement",
  "loop",
  "while",
  "repeat",
  "for",
  "leave",
  "iterate",
  "return",
  "raise",
  "declare",
  "set",
  "setMany",
  "setSystem",
  "executeImmediate",
  "assert",
  "transaction",
  "call",
]);

export function isProcedural(statement: Located["statement"]): boolean {
  return procedural.has(statement.k);
}
