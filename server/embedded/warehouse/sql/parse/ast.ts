/** The syntax tree of GoogleSQL. `pos` is the offset in the source where BigQuery would point. */
export interface Name {
  text: string;
  pos: number;
}

export type Literal =
  | { k: "literal"; type: "NULL"; pos: number }
  | { k: "literal"; type: "BOOL"; value: boolean; pos: number }
  | { k: "literal"; type: "INT64" | "FLOAT64" | "STRING"; text: string; pos: number }
  | { k: "literal"; type: "BYTES"; bytes: Uint8Array; pos: number }
  /** DATE '…', TIMESTAMP '…', NUMERIC '…', JSON '…' … */
  | { k: "typed"; type: string; text: string; pos: number };

export interface OrderItem {
  expr: Expr;
  descending: boolean;
  nulls: "first" | "last" | null;
  /** Of the keyword ORDER. */
  pos: number;
}

export interface FrameBound {
  kind: "unboundedPreceding" | "preceding" | "current" | "following" | "unboundedFollowing";
  offset: Expr | null;
}

export interface WindowSpec {
  base: Name | null;
  partitionBy: Expr[];
  orderBy: OrderItem[];
  frame: { unit: "ROWS" | "RANGE"; start: FrameBound; end: FrameBound } | null;
  pos: number;
}

export interface Call {
  k: "call";
  /** Upper case, dotted: SUBSTR, NET.HOST; without SAFE. */
  name: string;
  written: string;
  args: Expr[];
  safe: boolean;
  star: boolean;
  distinct: boolean;
  nulls: "ignore" | "respect" | null;
  having: { max: boolean; expr: Expr } | null;
  orderBy: OrderItem[];
  limit: Expr | null;
  over: WindowSpec | null;
  pos: number;
}

export type TypeNode =
  | { k: "named"; name: string; params: string[]; pos: number }
  | { k: "array"; element: TypeNode; pos: number }
  | { k: "struct"; fields: { name: string | null; type: TypeNode }[]; pos: number };

export interface StructField {
  expr: Expr;
  alias: string | null;
}

export type Expr =
  | Literal
  | { k: "path"; names: Name[]; pos: number }
  | { k: "field"; base: Expr; name: Name; pos: number }
  | { k: "index"; base: Expr; index: Expr; mode: string | null; pos: number }
  | { k: "param"; name: string | null; ordinal: number; pos: number }
  /** `@@error.message`, without the signs and in lower case. */
  | { k: "systemVariable"; name: string; pos: number }
  | { k: "op"; op: string; args: Expr[]; pos: number }
  | { k: "and" | "or"; args: Expr[]; pos: number }
  | { k: "not"; arg: Expr; pos: number }
  | { k: "is"; arg: Expr; what: "NULL" | "TRUE" | "FALSE"; not: boolean; pos: number }
  | { k: "distinctFrom"; left: Expr; right: Expr; not: boolean; pos: number }
  | { k: "between"; arg: Expr; low: Expr; high: Expr; not: boolean; pos: number }
  /** `at`: of the keyword IN. */
  | { k: "in"; arg: Expr; list: Expr[]; not: boolean; at?: number; pos: number }
  | { k: "inQuery"; arg: Expr; query: Query; not: boolean; pos: number }
  | { k: "inUnnest"; arg: Expr; array: Expr; not: boolean; pos: number }
  | { k: "like"; arg: Expr; pattern: Expr; not: boolean; quantifier: string | null; pos: number }
  | { k: "case"; operand: Expr | null; whens: [Expr, Expr][]; otherwise: Expr | null; pos: number }
  | { k: "cast"; arg: Expr; type: TypeNode; safe: boolean; format: Expr | null; pos: number }
  | { k: "extract"; part: Name; partArg: Name | null; arg: Expr; zone: Expr | null; pos: number }
  | { k: "interval"; value: Expr; part: Name; to: Name | null; pos: number }
  | { k: "array"; elementType: TypeNode | null; items: Expr[]; pos: number }
  | { k: "arrayQuery"; query: Query; pos: number }
  | { k: "struct"; type: TypeNode | null; fields: StructField[]; pos: number }
  | { k: "tuple"; items: Expr[]; pos: number }
  | { k: "scalarQuery"; query: Query; pos: number }
  | { k: "exists"; query: Query; pos: number }
  /** `name => value`, as an argument of a call. */
  | { k: "named"; name: Name; value: Expr; pos: number }
  | Call;

export interface StarModifiers {
  except: Name[];
  replace: { expr: Expr; name: Name }[];
}

export type SelectItem =
  | { k: "expr"; expr: Expr; alias: Name | null; pos: number }
  | { k: "star"; base: Expr | null; modifiers: StarModifiers; pos: number };

export type GroupItem =
  | { k: "expr"; expr: Expr }
  | { k: "rollup" | "cube"; sets: Expr[][] }
  | { k: "groupingSets"; sets: GroupItem[] }
  | { k: "set"; exprs: Expr[] };

export interface Select {
  k: "select";
  distinct: boolean;
  as: "STRUCT" | "VALUE" | null;
  asPos?: number;
  items: SelectItem[];
  from: FromItem | null;
  where: Expr | null;
  groupBy: GroupItem[] | "all" | null;
  having: Expr | null;
  qualify: Expr | null;
  windows: { name: Name; spec: WindowSpec }[];
  /** Where the keywords stand that a query without FROM may not have. */
  clauses?: { name: string; pos: number }[];
  pos: number;
}

export type Body =
  | Select
  | {
      k: "setop";
      op: "UNION" | "INTERSECT" | "EXCEPT";
      all: boolean;
      operands: Body[];
      pos: number;
    }
  | { k: "parens"; query: Query; pos: number }
  | { k: "piped"; input: FromItem | { k: "query"; query: Query }; pipes: Pipe[]; pos: number };

/** One `|> operator` of a query. */
export type Pipe = { pos: number } & (
  | { k: "select"; select: Select }
  | { k: "extend"; items: SelectItem[]; windows: Select["windows"] }
  | { k: "set"; columns: { name: Name; expr: Expr }[] }
  | { k: "drop"; columns: Name[] }
  | { k: "rename"; columns: { from: Name; to: Name }[] }
  | { k: "as"; alias: Name }
  | { k: "where"; expr: Expr }
  | { k: "limit"; limit: Expr; offset: Expr | null }
  | {
      k: "aggregate";
      items: SelectItem[];
      groupBy: GroupItem[];
      /** By columns of the answer, counted from 1. */
      orderBy: OrderItem[];
    }
  | { k: "distinct" }
  | { k: "orderBy"; orderBy: OrderItem[] }
  | {
      k: "join";
      kind: Join["kind"];
      right: FromItem;
      on: Expr | null;
      using: Name[] | null;
    }
  | { k: "setop"; op: "UNION" | "INTERSECT" | "EXCEPT"; all: boolean; queries: Query[] }
  | { k: "with"; recursive: boolean; withs: WithEntry[] }
  | { k: "pivot"; pivot: PivotClause }
  | { k: "unpivot"; unpivot: UnpivotClause }
);

export interface WithEntry {
  name: Name;
  query: Query;
}

export interface Query {
  recursive: boolean;
  withs: WithEntry[];
  body: Body;
  orderBy: OrderItem[];
  limit: Expr | null;
  offset: Expr | null;
  pos: number;
}

export interface PivotClause {
  aggregates: { call: Expr; alias: Name | null }[];
  input: Expr;
  values: { expr: Expr; alias: Name | null }[];
  alias: Name | null;
  pos: number;
}

export interface UnpivotClause {
  includeNulls: boolean;
  values: Name[];
  name: Name;
  columns: { names: Name[]; label: Expr | null }[];
  alias: Name | null;
  pos: number;
}

export type FromItem =
  /** `asOf`: FOR SYSTEM_TIME AS OF. */
  | { k: "table"; path: Name[]; alias: Name | null; asOf?: Expr | null; pos: number }
  | { k: "tableFunction"; path: Name[]; args: Expr[]; alias: Name | null; pos: number }
  | { k: "unnest"; expr: Expr; alias: Name | null; offset: Name | true | null; pos: number }
  | { k: "subquery"; query: Query; alias: Name | null; pos: number }
  | { k: "pivot"; source: FromItem; pivot: PivotClause; pos: number }
  | { k: "unpivot"; source: FromItem; unpivot: UnpivotClause; pos: number }
  /** What the pipes so far have made; the analysis knows it by the node. */
  | { k: "rows"; pos: number }
  | Join;

export interface Join {
  k: "join";
  kind: "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS" | "COMMA";
  left: FromItem;
  right: FromItem;
  on: Expr | null;
  using: Name[] | null;
  pos: number;
}
