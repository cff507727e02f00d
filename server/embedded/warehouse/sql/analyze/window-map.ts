import type { Select, WindowSpec } from "../parse/ast.ts";

/** The windows of the WINDOW clause, by lower-cased name. */
export function windowMap(node: Pick<Select, "windows">): Map<string, WindowSpec> {
  return new Map(node.windows.map(({ name, spec }) => [name.text.toLowerCase(), spec]));
}
