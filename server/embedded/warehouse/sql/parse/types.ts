import type { TypeNode } from "./ast.ts";
import type { Cursor } from "./cursor.ts";

/** A type as CAST, parameters and column definitions write it. */
export function parseType(c: Cursor): TypeNode {
  return c.nested(() => {
    const { pos } = c;
    if (c.acceptWord("ARRAY")) {
      c.expectSymbol("<");
      const element = parseType(c);
      c.expectSymbol(">");
      return { k: "array", element, pos };
    }
    if (c.acceptWord("STRUCT")) return { k: "struct", fields: parseFields(c), pos };
    if (c.acceptWord("RANGE")) return { k: "named", name: parseRange(c), params: [], pos };
    const name = c.acceptWord("INTERVAL") ? "INTERVAL" : c.identifier().text.toUpperCase();
    const params = c.isSymbol("(") ? c.parens(() => c.list(() => c.next().text)) : [];
    return { k: "named", name, params, pos };
  });
}

function parseRange(c: Cursor): string {
  c.expectSymbol("<");
  const element = c.identifier().text.toUpperCase();
  c.expectSymbol(">");
  return `RANGE<${element}>`;
}

function parseFields(c: Cursor): { name: string | null; type: TypeNode }[] {
  c.expectSymbol("<");
  const fields = c.isSymbol(">") ? [] : c.list(() => parseField(c));
  c.expectSymbol(">");
  return fields;
}

function parseField(c: Cursor): { name: string | null; type: TypeNode } {
  const after = c.peek(1);
  const named = after.kind === "id" || after.kind === "quoted";
  return { name: named ? c.memberName().text : null, type: parseType(c) };
}
