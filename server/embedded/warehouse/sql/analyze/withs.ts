import type { Query } from "../parse/ast.ts";
import { quoteName } from "../types/types.ts";
import { type Context, type Cte, newScope, type Relation, type Scope } from "./context.ts";
import { analyzeRecursive } from "./recursive.ts";

/** Adds the WITH entries to `ctes`, one after another; answers the clause. */
export function bindWiths(
  ctx: Context,
  query: Pick<Query, "withs" | "recursive">,
  parent: Scope | null,
  ctes: Map<string, Cte>,
): string {
  if (query.withs.length === 0) return "";
  const seen = new Set<string>();
  const clauses: string[] = [];
  let recursive = false;
  for (const entry of query.withs) {
    const key = entry.name.text.toLowerCase();
    if (seen.has(key))
      throw ctx.fail(entry.name.pos, `Duplicate alias ${entry.name.text} for WITH subquery`);
    seen.add(key);
    const sqlName = ctx.id("w");
    const scope = newScope(parent, new Map(ctes));
    const selfReferring = query.recursive && refersTo(entry.query, key);
    recursive ||= selfReferring;
    const { result, use } = ctx.collect(() =>
      selfReferring
        ? analyzeRecursive(ctx, entry, scope, sqlName)
        : ctx.analyzers.query(ctx, entry.query, scope),
    );
    ctes.set(key, cteOf(result, sqlName, use));
    clauses.push(`${quoteName(sqlName)} AS (${result.narrow?.sql ?? result.sql})`);
  }
  return `WITH ${recursive ? "RECURSIVE " : ""}${clauses.join(", ")}`;
}

/** DuckDB wants one WITH before a query: the names of two are all different and become one list. */
export function underWiths(withs: string, sql: string): string {
  if (withs === "") return sql;
  const inner = /^WITH (RECURSIVE )?/.exec(sql);
  if (!inner) return `${withs} ${sql}`;
  const [, own = ""] = inner;
  const outer = own === "" ? withs : withs.replace(/^WITH (RECURSIVE )?/, `WITH ${own}`);
  return `${outer}, ${sql.slice(inner[0].length)}`;
}

export function cteOf(relation: Relation, sqlName: string, use: () => void): Cte {
  return {
    sqlName,
    columns: relation.columns.map(({ name, id, type }, i) => {
      const digits = relation.narrow?.digits[i];
      return digits ? { name, id, type, digits } : { name, id, type };
    }),
    isValueTable: relation.isValueTable,
    use,
    columnUses: relation.columns.map((column) => column.use),
  };
}

/** Does the query's text name the table `key` anywhere? */
function refersTo(node: unknown, key: string): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => refersTo(item, key));
  if ("k" in node && node.k === "table") {
    const { path } = node as unknown as { path: { text: string }[] };
    if (path.length === 1 && path[0]?.text.toLowerCase() === key) return true;
  }
  return Object.values(node).some((value) => refersTo(value, key));
}
