import { AliasScopes } from "./alias-scopes.ts";
import { type AstNode, type AstTable, isNode, readName, readTable } from "./ast-nodes.ts";
import { isTableName, sortedNames } from "./source-names.ts";

/** Names of WITH clauses in scope: those of one clause before `limit`, and the outer clauses'. */
interface CteView {
  names: Map<string, number>;
  limit: number;
  outer: CteView | null;
}

/** Where a node stands: the alias scope of its query, or -1, and the names of WITH clauses. */
interface Place {
  scope: number;
  ctes: CteView | null;
}

const withKeys = ["with", "with_", "with_cte"];
/** Targets and names of what is made: written, not read. */
const writtenKeys: Record<string, string[]> = {
  insert: ["table"],
  update: ["table"],
  delete: ["table"],
  merge: ["this"],
  create_table: ["name", "with_connection"],
  create_view: ["name"],
  create_function: ["name"],
};
const ignoredStatements = new Set(["drop_table", "drop_view", "alter_table", "truncate"]);
/** Statements that the parser keeps as text. */
const unreadStatements = ["raw", "command"];

/**
 * The tables that parsed SQL reads: the same rules as `scanReferences`, on the statements of the
 * parser's AST. `unread` counts statements that the parser took in without reading them.
 */
export function walkAst(statements: unknown[]): { tables: string[]; unread: number } {
  const walk = new AstWalk();
  for (const statement of statements) walk.statement(statement);
  return { tables: walk.tables(), unread: walk.unread };
}

class AstWalk {
  unread = 0;
  private readonly found = new Set<string>();
  private readonly aliases = new AliasScopes();
  private readonly temporary = new Set<string>();
  /** Nodes to look at; iterative, because a long chain of operators is a deep tree. */
  private readonly pending: [value: unknown, place: Place][] = [];

  tables(): string[] {
    this.aliases.resolve((name) => this.found.add(name));
    return sortedNames(this.found);
  }

  statement(statement: unknown): void {
    if (!isNode(statement)) return;
    const kind = Object.keys(statement)[0] ?? "";
    if (unreadStatements.includes(kind)) this.unread += 1;
    if (ignoredStatements.has(kind)) return;
    this.visit(statement, { scope: -1, ctes: null });
    for (let task = this.pending.pop(); task; task = this.pending.pop()) this.look(...task);
    const created = statement["create_table"] ?? statement["create_view"];
    if (isNode(created) && created["temporary"] === true) {
      this.temporary.add((readTable(created["name"])?.name ?? "").toLowerCase());
    }
  }

  private visit(value: unknown, place: Place): void {
    if (typeof value === "object" && value !== null) this.pending.push([value, place]);
  }

  private look(value: unknown, place: Place): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item, place);
      return;
    }
    if (!isNode(value)) return;
    for (const [key, child] of Object.entries(value)) this.lookAt(key, child, place);
  }

  private lookAt(key: string, child: unknown, place: Place): void {
    if (!isNode(child)) {
      this.visit(child, place);
      return;
    }
    const written = writtenKeys[key];
    if (written?.some((name) => name in child)) this.writing(key, child, written, place);
    else if (key === "select" && "from" in child) this.select(child, place);
    else if (key === "table") this.namedTable(child, place);
    else if (key === "clone_source" || key === "source") this.namedTable(child, place);
    else if (key === "table_argument" && child["prefix"] !== "TABLE") return;
    else if (withKeys.some((name) => isNode(child[name]))) this.query(child, place);
    else this.visit(child, place);
  }

  /** A set operation, or any other node, with a WITH clause of its own. */
  private query(node: AstNode, place: Place): void {
    this.children(node, withKeys, this.enterWith(node, place));
  }

  private select(select: AstNode, outer: Place): void {
    const place = this.enterWith(select, outer);
    const own = { ...place, scope: this.aliases.open(place.scope) };
    this.fromClause(select["from"], select["joins"], own);
    this.children(select, [...withKeys, "from", "joins"], own);
  }

  /** INSERT, UPDATE, DELETE, MERGE and CREATE: what is written only lends its alias. */
  private writing(key: string, node: AstNode, written: string[], outer: Place): void {
    const place = this.enterWith(node, outer);
    const own = { ...place, scope: this.aliases.open(-1) };
    if (key === "update" || key === "delete") this.addAliases(node, own.scope);
    if (key === "merge") this.mergeTarget(node["this"], own.scope);
    if (key === "create_function") own.ctes = withParameters(node, own.ctes);
    this.fromClause(node["from_clause"], node["from_joins"], own);
    if (key === "merge") this.fromItems([node["using"]], own);
    const done = [...withKeys, ...written, "from_clause", "from_joins", "parameters"];
    if (key === "merge") done.push("using");
    // A query of its own is correlated with nothing.
    const place2 = key === "insert" || key.startsWith("create") ? { ...own, scope: -1 } : own;
    this.children(node, done, place2);
  }

  private addAliases(node: AstNode, scope: number): void {
    const table = readTable(node["table"]);
    const alias = readName(node["alias"]) ?? table?.alias;
    if (table) this.aliases.addAlias(scope, alias?.text ?? table.last, -1);
  }

  private mergeTarget(target: unknown, scope: number): void {
    if (!isNode(target)) return;
    const aliased = target["alias"];
    const table = readTable(isNode(aliased) ? unwrap(aliased["this"]) : target["table"]);
    const alias = isNode(aliased) ? readName(aliased["alias"]) : table?.alias;
    const name = alias?.text ?? table?.last;
    if (name !== undefined) this.aliases.addAlias(scope, name, -1);
  }

  private children(node: AstNode, except: string[], place: Place): void {
    for (const [key, child] of Object.entries(node)) {
      if (!except.includes(key)) this.lookAt(key, child, place);
    }
  }

  private enterWith(node: AstNode, place: Place): Place {
    const clause = withKeys.map((key) => node[key]).find(isNode);
    if (!clause || !Array.isArray(clause["ctes"])) return place;
    const names = new Map<string, number>();
    const bodies = clause["ctes"].filter(isNode);
    for (const [index, cte] of bodies.entries()) {
      const name = readName(cte["alias"])?.text.toLowerCase() ?? "";
      if (!names.has(name)) names.set(name, index);
    }
    const view = (limit: number): CteView => ({ names, limit, outer: place.ctes });
    for (const [index, cte] of bodies.entries()) {
      const limit = clause["recursive"] === true ? bodies.length : index;
      this.visit(cte["this"], { scope: place.scope, ctes: view(limit) });
    }
    return { scope: place.scope, ctes: view(bodies.length) };
  }

  private fromClause(from: unknown, joins: unknown, place: Place): void {
    const items = isNode(from) && Array.isArray(from["expressions"]) ? from["expressions"] : [];
    this.fromItems(items, place);
    this.joins(joins, place);
  }

  private joins(joins: unknown, place: Place): void {
    for (const join of Array.isArray(joins) ? joins.filter(isNode) : []) {
      this.fromItems([join["this"]], place);
      this.children(join, ["this", "using"], place);
    }
  }

  private fromItems(items: unknown[], place: Place): void {
    const pending = items.toReversed();
    while (pending.length > 0) {
      const item = pending.pop();
      if (!isNode(item)) continue;
      const [kind, body] = Object.entries(item)[0] ?? [];
      if (kind === undefined || !isNode(body)) continue;
      pending.push(...this.fromItem(kind, item, body, place));
    }
  }

  /** Answers the items that this one is made of. */
  private fromItem(kind: string, item: AstNode, body: AstNode, place: Place): unknown[] {
    if (kind === "table") {
      this.fromTable(body, place);
      return [];
    }
    for (const alias of [body["alias"], body["offset_alias"]].map(readName)) {
      if (alias) this.aliases.addAlias(place.scope, alias.text, alias.at);
    }
    if (kind === "alias" || kind === "paren") return [body["this"]];
    if (kind === "joined_table") {
      this.joins(body["joins"], place);
      return [body["left"]];
    }
    if (kind === "pivot" || kind === "unpivot") {
      this.children(body, ["this", "alias"], place);
      return [body["this"]];
    }
    if (kind === "subquery" && isTableItem(body["this"])) return [body["this"]];
    // A derived table does not see the aliases beside it.
    const isDerived = ["subquery", "select", "union", "intersect", "except"].includes(kind);
    const scope = isDerived ? this.aliases.parentOf(place.scope) : place.scope;
    this.visit(item, { ...place, scope });
    return [];
  }

  private fromTable(node: AstNode, place: Place): void {
    const table = readTable(node);
    if (!table) return;
    this.add(table, place);
    const alias = table.alias ?? { text: table.last, at: table.at };
    this.aliases.addAlias(place.scope, alias.text, alias.at);
    this.children(node, ["name", "schema", "catalog", "alias", "column_aliases"], place);
  }

  /** A table outside any FROM clause: an argument `TABLE x`, a source to clone. */
  private namedTable(node: AstNode, place: Place): void {
    const table = readTable(node);
    if (table) this.add({ ...table, root: null }, place);
    else this.visit(node, place);
  }

  private add({ name, root, at }: AstTable, { scope, ctes }: Place): void {
    if (!isTableName(name)) return;
    if (root !== null && scope >= 0) this.aliases.addPath(scope, root, name, at);
    else if (name.includes(".") || !this.isOwnName(name.toLowerCase(), ctes)) this.found.add(name);
  }

  private isOwnName(name: string, ctes: CteView | null): boolean {
    for (let view = ctes; view; view = view.outer) {
      if ((view.names.get(name) ?? view.limit) < view.limit) return true;
    }
    return this.temporary.has(name);
  }
}

function unwrap(node: unknown): unknown {
  return isNode(node) ? node["table"] : undefined;
}

/** What a parenthesis in a FROM clause may hold besides a query. */
function isTableItem(node: unknown): boolean {
  return isNode(node) && ["table", "alias", "joined_table", "paren"].some((key) => key in node);
}

/** A table function's parameters hide tables of their names. */
function withParameters(node: AstNode, outer: CteView | null): CteView | null {
  if (node["is_table_function"] !== true || !Array.isArray(node["parameters"])) return outer;
  const names = new Map<string, number>();
  for (const parameter of node["parameters"].filter(isNode)) {
    names.set(readName(parameter["name"])?.text.toLowerCase() ?? "", 0);
  }
  return { names, limit: 1, outer };
}
