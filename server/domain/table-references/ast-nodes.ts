/** Any JSON object of the parser's AST. Nodes look like `{ "select": { … } }`. */
export type AstNode = Record<string, unknown>;

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An identifier: `{ name, quoted }`. */
export interface AstName {
  text: string;
  quoted: boolean;
}

export function readName(value: unknown): AstName | null {
  if (!isNode(value) || typeof value["name"] !== "string") return null;
  return { text: value["name"], quoted: value["quoted"] === true };
}

/** A table as the AST has it: `{ name, schema, catalog, alias }`, each an identifier. */
export interface AstTable {
  /** Without backticks: `p.d.t`, `d.t`, `t`. */
  name: string;
  /** The first part in lower case where it could be an alias of a FROM clause, else null. */
  root: string | null;
  last: string;
  alias: AstName | null;
}

export function readTable(value: unknown): AstTable | null {
  if (!isNode(value)) return null;
  const parts = [value["catalog"], value["schema"], value["name"]]
    .map(readName)
    .filter((part) => part !== null);
  const [first] = parts;
  if (!readName(value["name"]) || !first) return null;
  const name = parts.map((part) => part.text).join(".");
  // The parser keeps what comes before the last two dots in one identifier.
  const root = first.quoted ? first.text : (first.text.split(".")[0] ?? "");
  const isPlain = !root.includes(".") && !root.includes("-");
  const hasMore = parts.length > 1 || (!first.quoted && first.text !== root);
  return {
    name,
    root: isPlain && hasMore ? root.toLowerCase() : null,
    last: name.slice(name.lastIndexOf(".") + 1).toLowerCase(),
    alias: readName(value["alias"]),
  };
}

/** The keys under which nodes keep a WITH clause. */
export const withKeys = ["with", "with_", "with_cte"];

export function hasWith(node: AstNode): boolean {
  return isNode(node["with"]) || isNode(node["with_"]) || isNode(node["with_cte"]);
}

/** What a parenthesis in a FROM clause may hold besides a query. */
export function isTableItem(node: unknown): boolean {
  return isNode(node) && ["table", "alias", "joined_table", "paren"].some((key) => key in node);
}
