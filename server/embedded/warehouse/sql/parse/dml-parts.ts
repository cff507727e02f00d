import type { Expr } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import type { Assignment, ValuesRow } from "./statement-ast.ts";

/** An expression, or DEFAULT (null). */
export function parseValue(c: Cursor): Expr | null {
  return c.acceptWord("DEFAULT") ? null : c.parseExpr(c);
}

export function parseValues(c: Cursor): ValuesRow {
  const { pos } = c;
  return { values: c.parens(() => c.list(() => parseValue(c))), pos };
}

export function parseAssignments(c: Cursor): Assignment[] {
  return c.list(() => {
    const { pos } = c;
    const path = [c.identifier()];
    while (c.acceptSymbol(".")) path.push(c.memberName());
    c.expectSymbol("=");
    return { path, value: parseValue(c), pos };
  });
}
