import type { Body } from "../parse/ast.ts";
import { coerce, supertype } from "../types/coerce.ts";
import type { Typed } from "../types/typed.ts";
import { quoteName, sameType, typeName } from "../types/types.ts";
import type { Context, Relation, Scope } from "./context.ts";

type SetOperation = Extract<Body, { k: "setop" }>;

/** UNION, INTERSECT, EXCEPT: columns by position, each of one type. */
export function analyzeSetOperation(
  ctx: Context,
  node: SetOperation,
  _scope: Scope,
  operand: (body: Body) => Relation,
): Relation {
  const relations = node.operands.map(operand);
  const [first] = relations as [Relation];
  const operator = `${node.op} ${node.all ? "ALL" : "DISTINCT"}`;
  for (const [i, relation] of relations.entries()) {
    if (relation.columns.length !== first.columns.length) {
      throw ctx.fail(
        node.operands[i]?.pos ?? node.pos,
        `Queries in ${operator} have mismatched column count; query 1 has ${first.columns.length} column${first.columns.length === 1 ? "" : "s"}, query ${i + 1} has ${relation.columns.length} column${relation.columns.length === 1 ? "" : "s"}`,
      );
    }
  }
  const types = first.columns.map((_, i) => columnType(ctx, node, relations, i, operator));
  const sql = relations
    .map((relation) => conform(ctx, relation, first, types))
    .join(` ${node.op}${node.all ? " ALL" : ""} `);
  const columns = first.columns.map((column, i) => ({
    ...column,
    type: types[i] ?? column.type,
    use: () => {
      for (const relation of relations) relation.columns[i]?.use();
    },
  }));
  if (!node.all) for (const column of columns) ctx.use(column);
  return { sql, columns, isValueTable: first.isValueTable };
}

function columnType(
  ctx: Context,
  node: SetOperation,
  relations: Relation[],
  i: number,
  operator: string,
) {
  const items = relations.map((relation) => asTyped(relation, i));
  const type = supertype(items);
  if (type) return type;
  const names = items.map((item) => typeName(item.type)).join(", ");
  throw ctx.fail(
    node.operands[1]?.pos ?? node.pos,
    `Column ${i + 1} in ${operator} has incompatible types: ${names}`,
  );
}

function asTyped(relation: Relation, i: number): Typed {
  const column = relation.columns[i];
  if (!column) throw new Error("column count was checked");
  const typed = { sql: `_u.${quoteName(column.id)}`, type: column.type };
  return column.constant ? { ...typed, constant: column.constant } : typed;
}

function conform(
  ctx: Context,
  relation: Relation,
  first: Relation,
  types: Typed["type"][],
): string {
  const same = relation.columns.every((column, i) =>
    sameType(column.type, types[i] ?? column.type),
  );
  if (same && relation === first) return `(${relation.sql})`;
  const items = relation.columns.map((column, i) => {
    const source = asTyped(relation, i);
    const value = coerce(source, types[i] ?? column.type);
    if (!value) throw ctx.refuse("a set operation over these types");
    return `${value.sql} AS ${quoteName(first.columns[i]?.id ?? column.id)}`;
  });
  return `(SELECT ${items.join(", ")} FROM (${relation.sql}) AS _u)`;
}
