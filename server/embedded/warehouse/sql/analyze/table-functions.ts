import { isBigQueryFunction } from "../functions/known-names.ts";
import type { FromItem } from "../parse/ast.ts";
import { parseSingleQuery } from "../parse/statements.ts";
import { coerce } from "../types/coerce.ts";
import type { Typed } from "../types/typed.ts";
import { quoteName, typeName } from "../types/types.ts";
import { type Context, type Env, newScope, type Relation } from "./context.ts";
import { findRoutine, parametersOf, typeNode } from "./routines.ts";
import { bindName } from "./stored-text.ts";
import { resolveType } from "./type-nodes.ts";

const maxDepth = 16;

type Item = Extract<FromItem, { k: "tableFunction" }>;

/** FROM d.f(…): the function's query, with the arguments in the place of the parameters. */
export function tableFunction(ctx: Context, item: Item): Relation {
  const written = item.path.map((name) => name.text).join(".");
  const routine = findRoutine(
    ctx,
    item.path.map((name) => name.text),
  );
  if (routine?.routineType !== "TABLE_VALUED_FUNCTION") {
    if (isBigQueryFunction(written.toUpperCase())) throw ctx.refuse(`table function ${written}`);
    throw ctx.fail(item.pos, `Table-valued function not found: ${written}`);
  }
  const parameters = parametersOf(routine);
  if (parameters.length !== item.args.length) {
    throw ctx.fail(
      item.pos,
      `No matching signature for table-valued function ${written}: ${item.args.length} arguments for ${parameters.length} parameters`,
    );
  }
  const scope = newScope(null, new Map());
  // Arguments see the script's variables and no table beside them.
  const env: Env = {
    scope: newScope(ctx.root),
    clause: "table function argument",
    aggregates: false,
    windows: null,
    aliases: null,
  };
  for (const [i, { name, type }] of parameters.entries()) {
    const arg = ctx.expr(env, item.args[i] as Item["args"][number]);
    const value: Typed | null = type ? coerce(arg, resolveType(ctx, type)) : arg;
    if (!value) {
      throw ctx.fail(
        item.pos,
        `No matching signature for table-valued function ${written}: argument ${i + 1} has type ${typeName(arg.type)}`,
      );
    }
    scope.variables.set(name.toLowerCase(), { sql: value.sql, type: value.type });
  }
  if (++ctx.functionDepth > maxDepth) throw ctx.refuse("functions that call functions so deeply");
  if (item.path.length === 1) bindName(ctx, item.path[0]?.pos ?? item.pos);
  const text = routine.definitionBody;
  try {
    const query = () => ctx.analyzers.query(ctx, parseSingleQuery(text), scope);
    const relation = ctx.stored(text, query);
    return routine.returnColumns
      ? declaredColumns(ctx, relation, routine.returnColumns, written)
      : relation;
  } finally {
    ctx.functionDepth--;
  }
}

/** RETURNS TABLE: the declared names and types, in the query's order. */
function declaredColumns(
  ctx: Context,
  relation: Relation,
  declared: { name: string; type: Parameters<typeof typeNode>[0] }[],
  written: string,
): Relation {
  const alias = ctx.id("s");
  const columns = declared.map(({ name, type }) => {
    const own = relation.columns.find((c) => c.name?.toLowerCase() === name.toLowerCase());
    const to = resolveType(ctx, typeNode(type));
    const value = own && coerce({ sql: `${alias}.${quoteName(own.id)}`, type: own.type }, to);
    if (!own || !value) {
      throw ctx.fail(
        0,
        `Column ${name} of table-valued function ${written} is not what it returns`,
      );
    }
    return { column: { ...own, name, id: name, type: to }, sql: value.sql };
  });
  const items = columns.map(({ column, sql }) => `${sql} AS ${quoteName(column.id)}`);
  return {
    sql: `SELECT ${items.join(", ")} FROM (${relation.sql}) AS ${alias}`,
    columns: columns.map(({ column }) => column),
    isValueTable: false,
  };
}
