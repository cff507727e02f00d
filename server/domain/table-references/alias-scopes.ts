/**
 * The aliases of FROM clauses and the paths that may mean one of them.
 *
 * `FROM d.orders AS o, o.items` reads one table: a path whose first part is an alias in scope is a
 * column. Subqueries of a SELECT list stand before the FROM clause whose aliases they use, so paths
 * are kept with their scope and decided at the end, in one walk over the tree of scopes: linear,
 * however deeply queries nest.
 */
export class AliasScopes {
  private readonly parents: number[] = [];
  private readonly aliases: (Map<string, number> | undefined)[] = [];
  private readonly paths: ({ root: string; name: string; at: number }[] | undefined)[] = [];

  /** `parent`: the scope whose aliases a correlated subquery sees as well, or -1. */
  open(parent: number): number {
    this.parents.push(parent);
    this.aliases.push(undefined);
    this.paths.push(undefined);
    return this.parents.length - 1;
  }

  parentOf(scope: number): number {
    return this.parents[scope] ?? -1;
  }

  /** `at` orders what stands in one FROM clause: a path sees the aliases to its left. */
  addAlias(scope: number, alias: string, at: number): void {
    const own = this.aliases[scope] ?? new Map<string, number>();
    this.aliases[scope] = own;
    const key = alias.toLowerCase();
    if (!own.has(key)) own.set(key, at);
  }

  addPath(scope: number, root: string, name: string, at: number): void {
    const own = this.paths[scope] ?? [];
    this.paths[scope] = own;
    own.push({ root, name, at });
  }

  /** The names of those paths that no alias in scope explains. */
  resolve(found: (name: string) => void): void {
    const children: number[][] = this.parents.map(() => []);
    const pending: number[] = [];
    for (const [scope, parent] of this.parents.entries()) {
      if (parent < 0) pending.push(scope);
      else children[parent]?.push(scope);
    }
    const visible = new Map<string, number>();
    while (pending.length > 0) {
      const scope = pending.pop() ?? 0;
      if (scope < 0) {
        this.count(~scope, visible, -1);
        continue;
      }
      this.resolveOwn(scope, visible, found);
      this.count(scope, visible, 1);
      // Reached again, as its complement, when all scopes below it are done.
      pending.push(~scope);
      for (const child of children[scope] ?? []) pending.push(child);
    }
  }

  private resolveOwn(
    scope: number,
    visible: Map<string, number>,
    found: (name: string) => void,
  ): void {
    const own = this.aliases[scope];
    for (const { root, name, at } of this.paths[scope] ?? []) {
      const isOwn = (own?.get(root) ?? Number.POSITIVE_INFINITY) < at;
      if (!isOwn && (visible.get(root) ?? 0) === 0) found(name);
    }
  }

  private count(scope: number, visible: Map<string, number>, change: 1 | -1): void {
    for (const alias of this.aliases[scope]?.keys() ?? []) {
      visible.set(alias, (visible.get(alias) ?? 0) + change);
    }
  }
}
