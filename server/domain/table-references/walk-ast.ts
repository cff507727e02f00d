import { AliasScopes, everywhere, noScope, type OuterScope } from "./alias-scopes.ts";
import {
  type AstName,
  type AstNode,
  type AstTable,
  hasWith,
  isNode,
  isTableItem,
  readName,
  readTable,
  withKeys,
} from "./ast-nodes.ts";
import { type CteView, hasCte, readWith, withParameters } from "./cte-views.ts";
import { isTableName, sortedNames } from "./source-names.ts";

/** Where a node stands: the aliases that a query there sees, and the names of WITH clauses. */
interface Place {
  outer: OuterScope;
  ctes: CteView | null;
}

/** A query whose FROM clause is read: its own scope, and the names of WITH clauses. */
interface QueryPlace {
  scope: number;
  ctes: CteView | null;
}

/** What is left to do of a FROM clause, in the order of the text. */
type FromStep =
  | { item: unknown }
  | { alias: AstName | null }
  | { join: AstNode }
  | { rest: AstNode; done: string[] };

/** Targets and names of what is made: written, not read. */
const writtenKeys = new Map([
  ["insert", ["table"]],
  ["update", ["table"]],
  ["delete", ["table"]],
  ["merge", ["this"]],
  ["create_table", ["name", "with_connection"]],
  ["create_view", ["name"]],
  ["create_function", ["name"]],
]);
/** Most of a tree, and never a query in it. */
const leaves = new Set([
  "column",
  "literal",
  "identifier",
  "span",
  "data_type",
  "trailing_comments",
]);
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
  /** Orders tables and aliases as they stand in their FROM clause. */
  private clock = 0;
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
    this.visit(statement, { outer: noScope, ctes: null });
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
    for (const key in value) this.lookAt(key, value[key], place);
  }

  private lookAt(key: string, child: unknown, place: Place): void {
    if (typeof child !== "object" || child === null || leaves.has(key)) return;
    if (!isNode(child)) {
      this.pending.push([child, place]);
      return;
    }
    const written = writtenKeys.get(key);
    if (written?.some((name) => name in child)) this.writing(key, child, written, place);
    else if (key === "select" && "from" in child) this.select(child, place);
    else if (key === "table") this.namedTable(child, place);
    else if (key === "clone_source" || key === "source") this.namedTable(child, place);
    else if (key === "table_argument" && child["prefix"] !== "TABLE") return;
    else if (hasWith(child)) this.query(child, place);
    else this.pending.push([child, place]);
  }

  /** A set operation, or any other node, with a WITH clause of its own. */
  private query(node: AstNode, place: Place): void {
    this.children(node, withKeys, this.enterWith(node, place));
  }

  private select(select: AstNode, outer: Place): void {
    const { ctes } = this.enterWith(select, outer);
    const own = { scope: this.aliases.open(outer.outer), ctes };
    this.fromClause(select["from"], select["joins"], own);
    this.children(select, [...withKeys, "from", "joins"], this.seen(own, everywhere));
  }

  /** INSERT, UPDATE, DELETE, MERGE and CREATE: what is written only lends its alias. */
  private writing(key: string, node: AstNode, written: string[], outer: Place): void {
    const { ctes } = this.enterWith(node, outer);
    const own = { scope: this.aliases.open(noScope), ctes };
    if (key === "update" || key === "delete") this.addAliases(node, own.scope);
    if (key === "merge") this.mergeTarget(node["this"], own.scope);
    if (key === "create_function") own.ctes = withParameters(node, own.ctes);
    this.fromClause(node["from_clause"], node["from_joins"], own);
    const done = [...withKeys, ...written, "from_clause", "from_joins", "parameters"];
    if (key === "merge") {
      this.fromSteps([{ item: node["using"] }], own);
      done.push("using");
    }
    // The query that is inserted or made is correlated with nothing.
    const isQuery = key === "insert" || key.startsWith("create");
    const rest = isQuery ? { outer: noScope, ctes: own.ctes } : this.seen(own, everywhere);
    this.children(node, done, rest);
  }

  /** What an expression of a query sees. */
  private seen({ scope, ctes }: QueryPlace, before: number): Place {
    return { outer: { scope, before }, ctes };
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
    for (const key in node) {
      if (!except.includes(key)) this.lookAt(key, node[key], place);
    }
  }

  private enterWith(node: AstNode, place: Place): Place {
    const clause = readWith(node, place.ctes);
    for (const { body, sees } of clause.bodies) {
      this.visit(body, { outer: place.outer, ctes: sees });
    }
    return { outer: place.outer, ctes: clause.view };
  }

  private fromClause(from: unknown, joins: unknown, place: QueryPlace): void {
    const items = isNode(from) && Array.isArray(from["expressions"]) ? from["expressions"] : [];
    const steps: FromStep[] = items.map((item) => ({ item }));
    this.fromSteps([...steps, ...joinSteps(joins)], place);
  }

  private fromSteps(steps: FromStep[], place: QueryPlace): void {
    const pending = steps.toReversed();
    for (let step = pending.pop(); step; step = pending.pop()) {
      this.clock += 1;
      if ("alias" in step) {
        if (step.alias) this.aliases.addAlias(place.scope, step.alias.text, this.clock);
      } else if ("rest" in step) {
        this.children(step.rest, step.done, this.seen(place, this.clock));
      } else if ("join" in step) {
        pending.push({ rest: step.join, done: ["this", "using"] }, { item: step.join["this"] });
      } else if (isNode(step.item)) {
        pending.push(...this.fromItem(step.item, place).reverse());
      }
    }
  }

  /** Answers the steps that this item is made of. */
  private fromItem(item: AstNode, place: QueryPlace): FromStep[] {
    const [kind, body] = Object.entries(item)[0] ?? [];
    if (kind === undefined || !isNode(body)) return [];
    const aliases = [body["alias"], body["offset_alias"]].map((alias) => ({
      alias: readName(alias),
    }));
    if (kind === "table") {
      this.fromTable(body, place);
      return [];
    }
    if (kind === "alias" || kind === "paren") return [{ item: body["this"] }, ...aliases];
    if (kind === "joined_table") {
      return [{ item: body["left"] }, ...joinSteps(body["joins"]), ...aliases];
    }
    if (kind === "pivot" || kind === "unpivot") {
      return [{ item: body["this"] }, { rest: body, done: ["this", "alias"] }, ...aliases];
    }
    if (kind === "subquery" && isTableItem(body["this"]))
      return [{ item: body["this"] }, ...aliases];
    const isDerived = ["subquery", "select", "union", "intersect", "except"].includes(kind);
    // A derived table does not see the aliases beside it, unless it is LATERAL.
    const isAlone = isDerived && body["lateral"] !== true;
    const outer = isAlone ? this.aliases.outerOf(place.scope) : this.seen(place, this.clock).outer;
    this.visit(item, { outer, ctes: place.ctes });
    return aliases;
  }

  private fromTable(node: AstNode, place: QueryPlace): void {
    const table = readTable(node);
    if (!table) return;
    this.add(table, place);
    this.aliases.addAlias(place.scope, table.alias?.text ?? table.last, this.clock);
    const done = ["name", "schema", "catalog", "alias", "column_aliases"];
    this.children(node, done, this.seen(place, this.clock));
  }

  /** A table outside any FROM clause: an argument `TABLE x`, a source to clone. */
  private namedTable(node: AstNode, place: Place): void {
    const table = readTable(node);
    if (table) this.add({ ...table, root: null }, { scope: -1, ctes: place.ctes });
    else this.visit(node, place);
  }

  private add({ name, root }: AstTable, { scope, ctes }: QueryPlace): void {
    if (!isTableName(name)) return;
    if (root !== null && scope >= 0) this.aliases.addPath(scope, root, name, this.clock);
    else if (name.includes(".") || !this.isOwnName(name.toLowerCase(), ctes)) this.found.add(name);
  }

  private isOwnName(name: string, ctes: CteView | null): boolean {
    return hasCte(ctes, name) || this.temporary.has(name);
  }
}

function joinSteps(joins: unknown): FromStep[] {
  return Array.isArray(joins) ? joins.filter(isNode).map((join) => ({ join })) : [];
}

function unwrap(node: unknown): unknown {
  return isNode(node) ? node["table"] : undefined;
}
