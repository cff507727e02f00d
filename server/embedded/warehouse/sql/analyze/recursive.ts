import type { WithEntry } from "../parse/ast.ts";
import { coerce } from "../types/coerce.ts";
import { quoteName } from "../types/types.ts";
import type { Context, Relation, Scope } from "./context.ts";

/** WITH RECURSIVE: the first operand of the UNION gives names and types, the rest may name itself. */
export function analyzeRecursive(
  ctx: Context,
  entry: WithEntry,
  scope: Scope,
  sqlName: string,
): Relation {
  const { body, withs, orderBy, limit } = entry.query;
  const { text, pos } = entry.name;
  if (
    body.k !== "setop" ||
    body.op !== "UNION" ||
    withs.length > 0 ||
    orderBy.length > 0 ||
    limit
  ) {
    throw ctx.fail(
      entry.query.pos,
      "Recursive query does not have the form <non-recursive-term> UNION [ALL|DISTINCT] <recursive-term>",
    );
  }
  const asQuery = (operand: typeof body) => ({ ...entry.query, body: operand, withs: [] });
  const [base, ...rest] = body.operands;
  if (!base || rest.length !== 1) throw ctx.refuse("recursive CTEs of more than two terms");
  const first = ctx.analyzers.query(ctx, { ...asQuery(body), body: base }, scope);
  for (const column of first.columns) ctx.use(column);
  scope.ctes.set(text.toLowerCase(), {
    sqlName,
    columns: first.columns.map(({ name, id, type }) => ({ name, id, type })),
    isValueTable: false,
    use: () => undefined,
    columnUses: first.columns.map(() => () => undefined),
  });
  const terms = rest.map((term) => {
    const relation = ctx.analyzers.query(ctx, { ...asQuery(body), body: term }, scope);
    for (const column of relation.columns) ctx.use(column);
    return conform(ctx, relation, first, pos);
  });
  const sql = body.all
    ? counted(first.sql, terms, sqlName)
    : [`(${first.sql})`, ...terms].join(" UNION ");
  return { sql, columns: first.columns, isValueTable: false };
}

/** BigQuery's own limit. Rows of UNION DISTINCT cannot carry a count: it would tell them apart. */
const maxIterations = 500;

/** The rows carry the number of the iteration that made them, so that the last one is known. */
function counted(base: string, terms: string[], sqlName: string): string {
  const depth = `(SELECT max("_depth") FROM ${quoteName(sqlName)})`;
  const next = `CASE WHEN ${depth} >= ${maxIterations} THEN error('A recursive CTE has reached the maximum number of iterations: ' || ${depth} || '.') ELSE ${depth} + 1 END`;
  const steps = terms.map((term) => `(SELECT *, ${next} AS "_depth" FROM ${term} AS _t)`);
  return [`(SELECT *, 0 AS "_depth" FROM (${base}) AS _b)`, ...steps].join(" UNION ALL ");
}

function conform(ctx: Context, relation: Relation, first: Relation, pos: number): string {
  if (relation.columns.length !== first.columns.length) {
    throw ctx.fail(pos, "Queries in UNION ALL have mismatched column count");
  }
  const items = relation.columns.map((column, i) => {
    const target = first.columns[i] ?? column;
    const value = coerce({ sql: `_u.${quoteName(column.id)}`, type: column.type }, target.type);
    if (!value) throw ctx.refuse("a recursive CTE whose terms have different types");
    return `${value.sql} AS ${quoteName(target.id)}`;
  });
  return `(SELECT ${items.join(", ")} FROM (${relation.sql}) AS _u)`;
}
