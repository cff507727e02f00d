import type {
  Expr,
  FromItem,
  Name,
  Query,
  Select,
  SelectItem,
  UnpivotClause,
} from "../parse/ast.ts";
import { emptySelect, queryOf } from "../parse/made-queries.ts";
import { type GType, sameType, typeName } from "../types/types.ts";
import { type Context, newScope, type Scope } from "./context.ts";
import { resolvePath } from "./names.ts";

/**
 * UNPIVOT in GoogleSQL's own terms, over the same source: one branch of a UNION ALL for each group of
 * columns, with all other columns, the values, and the group's label.
 */
export function unpivotQuery(
  ctx: Context,
  source: FromItem,
  unpivot: UnpivotClause,
  scope: Scope,
  open: (item: FromItem, into: Scope) => void,
): Query {
  const { pos, columns } = unpivot;
  const inner = newScope(scope.parent, scope.ctes);
  ctx.collect(() => open(source, inner));
  checkColumns(ctx, inner, unpivot);
  const labels = labelsOf(ctx, unpivot);
  const except = columns.flatMap((column) => column.names);
  const isTaken = (name: string | null) =>
    except.some(({ text }) => text.toLowerCase() === name?.toLowerCase());
  const hasRest = inner.sources.flatMap((each) => each.columns).some(({ name }) => !isTaken(name));
  const rest: SelectItem[] = hasRest
    ? [{ k: "star", base: null, modifiers: { except, replace: [] }, pos }]
    : [];
  const operands = columns.map(({ names }, at): Select => {
    const paths = names.map((name): Expr => ({ k: "path", names: [name], pos }));
    const values = paths.map(
      (expr, i): SelectItem => ({ k: "expr", expr, alias: unpivot.values[i] ?? null, pos }),
    );
    const label: SelectItem = { k: "expr", expr: labels[at] as Expr, alias: unpivot.name, pos };
    return {
      ...emptySelect(pos),
      items: [...rest, ...values, label],
      from: source,
      where: unpivot.includeNulls ? null : anyThere(paths, pos),
    };
  });
  const [only] = operands as [Select];
  const body =
    operands.length === 1
      ? only
      : { k: "setop" as const, op: "UNION" as const, all: true, operands, pos };
  return queryOf(body);
}

/** EXCLUDE NULLS leaves out the rows that have none of the values. */
function anyThere(paths: Expr[], pos: number): Expr {
  const tests = paths.map((arg): Expr => ({ k: "is", arg, what: "NULL", not: true, pos }));
  const [first] = tests as [Expr];
  return tests.length === 1 ? first : { k: "or", args: tests, pos };
}

/** Every group has a column for each value, of the first group's type: nothing is coerced. */
function checkColumns(ctx: Context, scope: Scope, { values, columns, pos }: UnpivotClause): void {
  const expected: GType[] = [];
  for (const { names } of columns) {
    if (names.length !== values.length) {
      throw ctx.fail(
        names[0]?.pos ?? pos,
        "The number of new columns introduced as value columns must be the same as the number of columns in the column groups of UNPIVOT IN clause",
      );
    }
    for (const [i, name] of names.entries()) {
      const { type } = ctx.collect(() => resolvePath(ctx, scope, [name])).result;
      expected[i] ??= type;
      if (!sameType(expected[i], type)) throw otherType(ctx, name, expected[i], type);
    }
  }
}

function otherType(ctx: Context, { pos }: Name, expected: GType, found: GType): Error {
  return ctx.fail(
    pos,
    `The datatype of column does not match with other datatypes in the IN clause. Expected ${typeName(expected)}, Found ${typeName(found)}`,
  );
}

/** STRINGs, which may be left out, or INT64s. */
function labelsOf(ctx: Context, { columns, pos }: UnpivotClause): Expr[] {
  const types = columns.map(({ label }) => {
    if (!label) return "STRING";
    if (label.k === "literal" && (label.type === "STRING" || label.type === "INT64"))
      return label.type;
    throw ctx.refuse("UNPIVOT labels that are no STRING or INT64 literals");
  });
  const odd = types.findIndex((type) => type !== types[0]);
  if (odd >= 0) {
    throw ctx.fail(
      columns[odd]?.names[0]?.pos ?? pos,
      "All UNPIVOT labels must be the same type; when non-string labels are present then all labels must be explicitly provided",
    );
  }
  return columns.map(
    ({ names, label }): Expr =>
      label ?? { k: "literal", type: "STRING", text: names.map(({ text }) => text).join("_"), pos },
  );
}
