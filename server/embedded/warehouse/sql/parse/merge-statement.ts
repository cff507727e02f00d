import type { Cursor } from "./cursor.ts";
import { parseAssignments, parseValues } from "./dml-parts.ts";
import { parseFrom, parseTablePath } from "./from.ts";
import type { MergeAction, MergeWhen, Statement } from "./statement-ast.ts";

export function parseMerge(c: Cursor): Statement {
  const { start: pos } = c.next();
  c.acceptWord("INTO");
  const path = parseTablePath(c);
  const alias = c.isWord("USING") ? null : c.alias();
  c.expectWord("USING");
  const source = parseFrom(c);
  c.expectWord("ON");
  const on = c.parseExpr(c);
  const whens: MergeWhen[] = [];
  while (c.isWord("WHEN")) whens.push(parseWhen(c));
  if (whens.length === 0) throw c.expected("keyword WHEN");
  return { k: "merge", path, alias, source, on, whens, pos };
}

function parseWhen(c: Cursor): MergeWhen {
  const { start: pos } = c.next();
  const not = c.acceptWord("NOT");
  c.expectWord("MATCHED");
  let match: MergeWhen["match"] = not ? "notMatchedByTarget" : "matched";
  if (not && c.acceptWord("BY", "SOURCE")) match = "notMatchedBySource";
  else if (not) c.acceptWord("BY", "TARGET");
  const condition = c.acceptWord("AND") ? c.parseExpr(c) : null;
  c.expectWord("THEN");
  return { match, condition, action: parseAction(c), pos };
}

function parseAction(c: Cursor): MergeAction {
  if (c.acceptWord("DELETE")) return { k: "delete" };
  if (c.acceptWord("UPDATE")) {
    c.expectWord("SET");
    return { k: "update", set: parseAssignments(c) };
  }
  c.expectWord("INSERT");
  if (c.acceptWord("ROW")) return { k: "insert", columns: null, values: "row" };
  const columns = c.isSymbol("(") ? c.parens(() => c.list(() => c.identifier())) : null;
  if (c.acceptWord("ROW")) return { k: "insert", columns, values: "row" };
  c.expectWord("VALUES");
  return { k: "insert", columns, values: parseValues(c).values };
}
