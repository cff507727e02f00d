import { type AstNode, isNode, readName, withKeys } from "./ast-nodes.ts";

/** Names of WITH clauses in scope: those of one clause before `limit`, and the outer clauses'. */
export interface CteView {
  names: Map<string, number>;
  limit: number;
  outer: CteView | null;
}

/** In lower case. */
export function hasCte(ctes: CteView | null, name: string): boolean {
  for (let view = ctes; view; view = view.outer) {
    if ((view.names.get(name) ?? view.limit) < view.limit) return true;
  }
  return false;
}

/**
 * What the node's query sees with its WITH clause, and each body what stands before it, or under
 * RECURSIVE all. Without such a clause, what is seen around the node.
 */
export function readWith(
  node: AstNode,
  outer: CteView | null,
): { view: CteView | null; bodies: { body: unknown; sees: CteView }[] } {
  const clause = withKeys.map((key) => node[key]).find(isNode);
  if (!clause || !Array.isArray(clause["ctes"])) return { view: outer, bodies: [] };
  const names = new Map<string, number>();
  const ctes = clause["ctes"].filter(isNode);
  for (const [index, cte] of ctes.entries()) {
    const name = nameOf(cte["alias"]);
    if (!names.has(name)) names.set(name, index);
  }
  const view = (limit: number): CteView => ({ names, limit, outer });
  const bodies = ctes.map((cte, index) => ({
    body: cte["this"],
    sees: view(clause["recursive"] === true ? ctes.length : index),
  }));
  return { view: view(ctes.length), bodies };
}

/** A table function's parameters hide tables of their names. */
export function withParameters(node: AstNode, outer: CteView | null): CteView | null {
  if (node["is_table_function"] !== true || !Array.isArray(node["parameters"])) return outer;
  const parameters = node["parameters"].filter(isNode);
  const names = new Map(parameters.map((parameter) => [nameOf(parameter["name"]), 0]));
  return { names, limit: 1, outer };
}

function nameOf(name: unknown): string {
  return readName(name)?.text.toLowerCase() ?? "";
}
