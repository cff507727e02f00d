import {
  type CompileOptions,
  type Digits,
  type ReadAsOf,
  type TableName,
  WarehouseError,
  type WarehouseTable,
} from "../../contract.ts";
import type { Expr, FromItem, Query, WindowSpec } from "../parse/ast.ts";
import { errorAt, notSupported } from "../parse/positions.ts";
import type { Statement } from "../parse/statement-ast.ts";
import type { ExactDecimal, Typed } from "../types/typed.ts";
import type { GType } from "../types/types.ts";

/** A column that SQL can name. `use` tells that the query reads it. */
export interface ScopeColumn {
  name: string | null;
  sql: string;
  type: GType;
  exact?: ExactDecimal;
  use: () => void;
}

/** One item of FROM. */
export interface Source {
  alias: string | null;
  columns: ScopeColumn[];
  /** Named alone and left out of `*`: _TABLE_SUFFIX, _PARTITIONTIME. */
  pseudo: ScopeColumn[];
  /** UNNEST of scalars, SELECT AS STRUCT/VALUE: the alias is the value. */
  value: Typed | null;
  /** After a pipe: the columns that only `alias.name` reaches; `columns` is empty then. */
  qualified?: ScopeColumn[];
}

/** What the pipes of a query have made so far: it stands after FROM as the node `rows`. */
export interface Rows {
  sql: string;
  sources: Source[];
  /** ORDER BY keys over these rows, which the next operators keep. */
  order: string | null;
}

export interface Opened {
  /** What stands after FROM, before its alias. */
  sql: string;
  source: Source;
}

/** A column that JOIN … USING merged. */
export interface MergedColumn {
  name: string;
  column: ScopeColumn;
  hides: ScopeColumn[];
}

export interface Scope {
  sources: Source[];
  merged: MergedColumn[];
  parent: Scope | null;
  /** Set above GROUP BY: names then mean the keys. */
  grouping: Grouping | null;
  /** Arguments of a SQL function. */
  variables: Map<string, Typed>;
  ctes: Map<string, Cte>;
}

export interface GroupKey {
  sql: string;
  /** What the inner SELECT computes for it. */
  inner: string;
  kind: Expr["k"];
  out: Typed;
}

export interface Grouping {
  inner: Scope;
  keys: GroupKey[];
  /** Aggregates computed by the inner SELECT: what stands there, and what is seen of it above. */
  aggregates: Map<string, { inner: string; out: Typed }>;
  alias: string;
  /** Aliases of the select list that stand for expressions with aggregates (HAVING, ORDER BY). */
  isGrouping: (sql: string) => boolean;
}

export interface Cte {
  sqlName: string;
  columns: { name: string | null; id: string; type: GType; digits?: Digits }[];
  isValueTable: boolean;
  use: () => void;
  columnUses: (() => void)[];
}

/** A user's function, temporary or of a dataset. */
export type SqlFunction = Pick<
  Extract<Statement, { k: "createFunction" }>,
  "name" | "parameters" | "returns" | "body" | "code" | "isDeterministic" | "source" | "pos"
> & {
  /** A dataset's, and not this script's. */
  isStored?: boolean;
};

/** Where an expression stands: what it may contain. */
export interface Env {
  scope: Scope;
  /** For messages: WHERE clause, GROUP BY clause … */
  clause: string;
  aggregates: boolean;
  windows: Map<string, WindowSpec> | null;
  /** Aliases of the select list, where the clause sees them. */
  aliases: Map<string, Alias> | null;
}

export interface Alias {
  value: Typed;
  use: () => void;
}

export interface RelationColumn {
  name: string | null;
  /** The column's name in the relation's SQL. */
  id: string;
  type: GType;
  use: () => void;
  /** The same constant in every row (SELECT NULL, SELECT 1): it coerces as one in a set operation. */
  constant?: Typed["constant"];
}

/** A query in DuckDB's SQL. */
export interface Relation {
  sql: string;
  columns: RelationColumn[];
  /** SELECT AS STRUCT or AS VALUE: one column, which is the row. */
  isValueTable: boolean;
  /** The same rows, with the columns that are known to be small decimals in their own form. */
  narrow?: { sql: string; digits: (Digits | undefined)[] };
}

/** Expressions hold queries and queries expressions: they meet here. */
export interface Analyzers {
  expr(ctx: Context, env: Env, expr: Expr): Typed;
  /** `labels` names the columns of the outermost SELECT, whose arrays are made fit for output. */
  query(
    ctx: Context,
    query: Query,
    parent: Scope | null,
    labels?: (columns: RelationColumn[]) => string[],
  ): Relation;
}

/** What a script brings to each of its statements. */
export interface ScriptValues {
  /** By lower-cased name. */
  variables: ReadonlyMap<string, Typed>;
  functions: ReadonlyMap<string, SqlFunction>;
  /** By lower-cased name without the signs; those that the script may not read now throw. */
  systemVariable: (name: string) => Typed | null;
  temporaryTables: ReadonlyMap<string, TableName>;
  /** The hidden dataset of its temporary tables. */
  temporaryDataset: string;
  /** Tables that a dry run has seen made or dropped. */
  overlay?: Map<string, WarehouseTable | null>;
  /** Values of EXECUTE IMMEDIATE … USING; null: the request's parameters. */
  bound: { name: string | null; value: Typed }[] | null;
}

const maxNodes = 400_000;

/** What one compilation knows and gathers. */
export class Context {
  readonly options: CompileOptions;
  readonly analyzers: Analyzers;
  /** The script's temporary ones. */
  functions: Map<string, SqlFunction>;
  temporaryTables: ReadonlyMap<string, TableName>;
  defaultDataset: CompileOptions["defaultDataset"];
  /** While a view or routine is made: what has to stand before names, by position (`stored-text.ts`). */
  binding: { what: string; prefixes: Map<number, string> } | null = null;
  readonly script: ScriptValues | null;
  /** Tables that earlier statements of the job make. Null: dropped. */
  readonly overlay: Map<string, WarehouseTable | null>;
  readonly referenced = new Map<string, TableName>();
  readonly readsAsOf: ReadAsOf[] = [];
  reads = new Map<string, { table: TableName; columns: Set<string> }>();
  /** The text that positions refer to; a view's while its query is read. */
  source: string;
  readonly viewStack: string[] = [];
  /** The outermost scope: a script's variables. */
  readonly root: Scope = newScope(null, new Map());
  /** By the node that stands for them. */
  readonly rows = new Map<FromItem, Rows>();
  functionDepth = 0;
  private readonly deadline: number;
  private ids = 0;
  private nodes = 0;
  private collector: (() => void)[] | null = null;

  constructor(
    source: string,
    options: CompileOptions,
    deadline: number,
    analyzers: Analyzers,
    script: ScriptValues | null = null,
  ) {
    this.source = source;
    this.script = script;
    this.functions = new Map(script?.functions);
    this.temporaryTables = script?.temporaryTables ?? new Map();
    this.defaultDataset = options.defaultDataset;
    this.overlay = script?.overlay ?? new Map();
    for (const [name, value] of script?.variables ?? []) this.root.variables.set(name, value);
    this.analyzers = analyzers;
    this.options = options;
    this.deadline = deadline;
  }

  fail(pos: number, message: string): WarehouseError {
    return errorAt(this.source, pos, message);
  }

  refuse(what: string): WarehouseError {
    return notSupported(what);
  }

  id(prefix: string): string {
    return `_${prefix}${++this.ids}`;
  }

  expr(env: Env, expr: Expr): Typed {
    return this.analyzers.expr(this, env, expr);
  }

  /** Counts the work, so that views of views and functions of functions end. */
  tick(): void {
    if (++this.nodes > maxNodes) {
      throw new WarehouseError("resourcesExceeded", "Resources exceeded: the query is too complex");
    }
    if (this.nodes % 1000 === 0 && performance.now() > this.deadline) {
      throw new WarehouseError(
        "resourcesExceeded",
        "Resources exceeded: the query took too long to compile",
      );
    }
  }

  /**
   * Reads what is stored (a view, a routine): its names mean what they meant when it was made, whatever
   * the default dataset, the temporary functions and the temporary tables of who reads it.
   */
  stored<T>(source: string, work: () => T): T {
    const { functions, temporaryTables, defaultDataset, binding } = this;
    const outer = { functions, temporaryTables, defaultDataset, binding, source: this.source };
    const none = new Map();
    Object.assign(this, { functions: none, temporaryTables: none, defaultDataset: null });
    Object.assign(this, { binding: null, source });
    try {
      return work();
    } finally {
      Object.assign(this, outer);
    }
  }

  /** Notes that a column is read: now, or when what is being collected is used. */
  use(column: { use: () => void }): void {
    if (this.collector) this.collector.push(column.use);
    else column.use();
  }

  /** Holds back the uses that `work` makes; the answer's `use` makes them. */
  collect<T>(work: () => T): { result: T; use: () => void } {
    const outer = this.collector;
    const uses: (() => void)[] = [];
    this.collector = uses;
    try {
      const result = work();
      let done = false;
      const use = () => {
        if (done) return;
        done = true;
        for (const each of uses) each();
      };
      return { result, use };
    } finally {
      this.collector = outer;
    }
  }
}

export function newScope(parent: Scope | null, ctes?: Map<string, Cte>): Scope {
  return {
    sources: [],
    merged: [],
    parent,
    grouping: null,
    variables: new Map(),
    ctes: ctes ?? parent?.ctes ?? new Map(),
  };
}
