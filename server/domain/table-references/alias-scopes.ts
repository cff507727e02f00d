/** A scope that a query sees besides its own: all its aliases, or those that stand before a place. */
export interface OuterScope {
  /** -1 for none. */
  scope: number;
  before: number;
}

export const noScope: OuterScope = { scope: -1, before: 0 };
/** Seen from where all aliases of the outer query are in scope: its SELECT list, its WHERE clause. */
export const everywhere = Number.POSITIVE_INFINITY;

interface Scope {
  outer: OuterScope;
  /** Where each alias first stands. */
  aliases: Map<string, number> | null;
  paths: { root: string; name: string; at: number }[] | null;
}

/**
 * The aliases of FROM clauses and the paths that may mean one of them.
 *
 * `FROM d.orders AS o, o.items` reads one table: a path whose first part is an alias in scope is a
 * column. Subqueries of a SELECT list stand before the FROM clause whose aliases they use, so paths
 * are kept with their scope and decided at the end, in one walk over the tree of scopes: linear (but
 * for sorting), however deeply queries nest. Within a FROM clause what stands to the left is in
 * scope, for paths as for the subqueries of join conditions.
 */
export class AliasScopes {
  private readonly scopes: Scope[] = [];

  open(outer: OuterScope): number {
    this.scopes.push({ outer, aliases: null, paths: null });
    return this.scopes.length - 1;
  }

  /** What a derived table of the scope's FROM clause sees: not its neighbours. */
  outerOf(scope: number): OuterScope {
    return this.scopes[scope]?.outer ?? noScope;
  }

  /** `at` orders what stands in one FROM clause. */
  addAlias(scope: number, alias: string, at: number): void {
    const own = this.scopes[scope];
    if (!own) return;
    own.aliases ??= new Map();
    const key = alias.toLowerCase();
    if (!own.aliases.has(key)) own.aliases.set(key, at);
  }

  addPath(scope: number, root: string, name: string, at: number): void {
    const own = this.scopes[scope];
    if (!own) return;
    own.paths ??= [];
    own.paths.push({ root, name, at });
  }

  /** Those paths that no alias in scope explains, and where they stand. */
  resolve(found: (name: string, at: number) => void): void {
    const children = this.childrenInOrder();
    const visible = new Map<string, number>();
    const open: Visit[] = [];
    const enter = (scope: Scope, index: number) => {
      for (const { root, name, at } of scope.paths ?? []) {
        const isOwn = (scope.aliases?.get(root) ?? everywhere) < at;
        if (!isOwn && !visible.get(root)) found(name, at);
      }
      const below = children.get(index);
      if (below) open.push({ below, next: 0, aliases: inOrder(scope.aliases), shown: 0 });
    };
    for (const index of children.get(-1) ?? []) {
      const root = this.scopes[index];
      if (root) enter(root, index);
      for (let visit = open.at(-1); visit; visit = open.at(-1)) {
        const child = visit.below[visit.next];
        const scope = child === undefined ? undefined : this.scopes[child];
        visit.next += 1;
        if (child === undefined || scope === undefined) {
          show(visit, -everywhere, visible);
          open.pop();
        } else {
          show(visit, scope.outer.before, visible);
          enter(scope, child);
        }
      }
    }
  }

  /** Each scope's children, those that see least of it first. */
  private childrenInOrder(): Map<number, number[]> {
    const children = new Map<number, number[]>();
    for (const [index, { outer }] of this.scopes.entries()) {
      const siblings = children.get(outer.scope);
      if (siblings) siblings.push(index);
      else children.set(outer.scope, [index]);
    }
    const before = (index: number) => this.scopes[index]?.outer.before ?? 0;
    for (const siblings of children.values())
      siblings.sort((a, b) => compare(before(a), before(b)));
    return children;
  }
}

/** A scope whose children are being walked; its first `shown` aliases are visible to them. */
interface Visit {
  below: number[];
  next: number;
  aliases: [alias: string, at: number][];
  shown: number;
}

/** Makes the aliases before a place visible, or hides them all again. */
function show(visit: Visit, before: number, visible: Map<string, number>): void {
  const change = (alias: string, by: 1 | -1) => visible.set(alias, (visible.get(alias) ?? 0) + by);
  for (let next = visit.aliases[visit.shown]; next && next[1] < before; ) {
    change(next[0], 1);
    visit.shown += 1;
    next = visit.aliases[visit.shown];
  }
  if (before !== -everywhere) return;
  for (const [alias] of visit.aliases.slice(0, visit.shown)) change(alias, -1);
}

function inOrder(aliases: Map<string, number> | null): [string, number][] {
  return [...(aliases ?? [])].sort((a, b) => compare(a[1], b[1]));
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
