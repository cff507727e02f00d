import type { Expr, FromItem, Name, Query, TypeNode } from "./ast.ts";

export interface ColumnDefinition {
  name: Name;
  type: TypeNode;
  notNull: boolean;
  default: ColumnDefault | null;
  options: Map<string, Expr>;
}

/** `text` is how `expr` was written. */
export interface ColumnDefault {
  expr: Expr;
  text: string;
}

/** PRIMARY KEY, or FOREIGN KEY where it references; neither is enforced. */
export interface TableKey {
  columns: Name[];
  references: { path: Name[]; columns: Name[] } | null;
}

export type AlterAction =
  | { k: "options"; options: Map<string, Expr> }
  | { k: "addColumn"; column: ColumnDefinition; ifNotExists: boolean }
  | { k: "dropColumn"; name: Name; ifExists: boolean }
  | { k: "renameColumn"; from: Name; to: Name; ifExists: boolean }
  | { k: "rename"; to: Name }
  | { k: "dropNotNull"; name: Name; ifExists: boolean }
  | { k: "setType"; name: Name; type: TypeNode; ifExists: boolean }
  /** `value` null: DROP DEFAULT. */
  | { k: "setDefault"; name: Name; value: ColumnDefault | null; ifExists: boolean }
  | { k: "columnOptions"; name: Name; options: Map<string, Expr>; ifExists: boolean }
  | { k: "addKey"; key: TableKey }
  | { k: "dropPrimaryKey"; ifExists: boolean; pos: number };

export type CreateMode = "create" | "orReplace" | "ifNotExists";

export interface FunctionParameter {
  name: string;
  /** Null: ANY TYPE. */
  type: TypeNode | null;
}

export interface ProcedureParameter extends FunctionParameter {
  mode: "IN" | "OUT" | "INOUT";
}

export type RoutineType = "SCALAR_FUNCTION" | "TABLE_VALUED_FUNCTION" | "PROCEDURE";

export interface Assignment {
  path: Name[];
  /** Null: DEFAULT. */
  value: Expr | null;
  pos: number;
}

/** One row after VALUES; null: DEFAULT. */
export interface ValuesRow {
  values: (Expr | null)[];
  pos: number;
}

export type MergeAction =
  | { k: "insert"; columns: Name[] | null; values: (Expr | null)[] | "row" }
  | { k: "update"; set: Assignment[] }
  | { k: "delete" };

export interface MergeWhen {
  match: "matched" | "notMatchedByTarget" | "notMatchedBySource";
  condition: Expr | null;
  action: MergeAction;
  pos: number;
}

/** A statement of a script, with where it stands in the text. */
export interface Located {
  statement: Statement;
  start: number;
  end: number;
}

export interface Loop {
  label: Name | null;
  body: Located[];
  pos: number;
}

/** What BigQuery's procedural language adds to SQL. */
export type Procedural =
  | { k: "block"; label: Name | null; body: Located[]; handler: Located[] | null; pos: number }
  | {
      k: "if";
      branches: { condition: Expr; body: Located[] }[];
      otherwise: Located[];
      pos: number;
    }
  | {
      k: "caseStatement";
      operand: Expr | null;
      whens: { value: Expr; body: Located[] }[];
      otherwise: Located[] | null;
      pos: number;
    }
  | (Loop & { k: "loop" })
  | (Loop & { k: "while"; condition: Expr })
  | (Loop & { k: "repeat"; until: Expr })
  | (Loop & { k: "for"; variable: Name; query: Query; queryStart: number; queryEnd: number })
  | { k: "leave" | "iterate"; label: Name | null; pos: number }
  | { k: "return"; pos: number }
  /** Without a message: the error at hand again. */
  | { k: "raise"; message: Expr | null; pos: number }
  | { k: "setMany"; names: Name[]; value: Expr; pos: number }
  | { k: "setSystem"; name: string; value: Expr; pos: number }
  | {
      k: "executeImmediate";
      sql: Expr;
      into: Name[];
      using: { value: Expr; name: Name | null }[];
      pos: number;
    }
  | { k: "assert"; condition: Expr; message: string | null; pos: number }
  | { k: "transaction"; action: "begin" | "commit" | "rollback"; pos: number }
  | { k: "call"; path: Name[]; args: Expr[]; pos: number };

export type Statement =
  | Procedural
  | { k: "query"; query: Query; pos: number }
  | {
      k: "createTable";
      path: Name[];
      mode: CreateMode;
      temporary: boolean;
      columns: ColumnDefinition[] | null;
      keys: TableKey[];
      partitionBy: Expr | null;
      clusterBy: Expr[];
      options: Map<string, Expr>;
      query: Query | null;
      pos: number;
    }
  | {
      k: "createView";
      path: Name[];
      mode: CreateMode;
      materialized: boolean;
      columns: Name[] | null;
      options: Map<string, Expr>;
      query: Query;
      /** The query as written. */
      text: string;
      /** Where it begins. */
      textPos: number;
      pos: number;
    }
  | {
      k: "createFunction";
      name: Name;
      path: Name[];
      mode: CreateMode;
      temporary: boolean;
      parameters: FunctionParameter[];
      returns: TypeNode | null;
      /** Null: in JavaScript. */
      body: Expr | null;
      code: string | null;
      isDeterministic: boolean;
      /** The text that the positions of the body refer to. */
      source: string;
      /** The body as written. */
      text: string;
      textPos: number;
      pos: number;
    }
  | {
      k: "createTableFunction";
      path: Name[];
      mode: CreateMode;
      parameters: FunctionParameter[];
      returns: { name: string; type: TypeNode }[] | null;
      query: Query;
      text: string;
      textPos: number;
      pos: number;
    }
  | {
      k: "createProcedure";
      path: Name[];
      mode: CreateMode;
      parameters: ProcedureParameter[];
      /** BEGIN … END as written. */
      text: string;
      pos: number;
    }
  | { k: "dropRoutine"; routineType: RoutineType; path: Name[]; ifExists: boolean; pos: number }
  | { k: "declare"; names: Name[]; type: TypeNode | null; value: Expr | null; pos: number }
  | { k: "set"; name: Name; value: Expr; pos: number }
  | {
      k: "copyTable";
      path: Name[];
      source: Name[];
      /** FOR SYSTEM_TIME AS OF. */
      asOf: Expr | null;
      mode: CreateMode;
      how: "LIKE" | "COPY" | "CLONE" | "SNAPSHOT";
      options: Map<string, Expr>;
      pos: number;
    }
  | {
      k: "alter";
      object: "TABLE" | "VIEW" | "SCHEMA";
      path: Name[];
      ifExists: boolean;
      actions: AlterAction[];
      pos: number;
    }
  | {
      k: "createSchema";
      path: Name[];
      ifNotExists: boolean;
      options: Map<string, Expr>;
      pos: number;
    }
  | {
      k: "drop";
      object: "TABLE" | "VIEW" | "SCHEMA";
      /** SNAPSHOT TABLE, MATERIALIZED VIEW. */
      special: boolean;
      path: Name[];
      ifExists: boolean;
      pos: number;
    }
  | {
      k: "insert";
      path: Name[];
      columns: Name[] | null;
      source: Query | ValuesRow[];
      pos: number;
    }
  | {
      k: "update";
      path: Name[];
      alias: Name | null;
      set: Assignment[];
      from: FromItem | null;
      where: Expr;
      pos: number;
    }
  | { k: "delete"; path: Name[]; alias: Name | null; where: Expr; pos: number }
  | { k: "truncate"; path: Name[]; pos: number }
  | {
      k: "merge";
      path: Name[];
      alias: Name | null;
      source: FromItem;
      on: Expr;
      whens: MergeWhen[];
      pos: number;
    };
