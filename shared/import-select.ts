/*
 * The restricted SELECT of an import table, read from the user's text and printed anew for the
 * source: `SELECT … FROM one table [WHERE …] [LIMIT n]`. What has no kind here has no way to the
 * source. The user's text itself never gets there.
 */

/** 1-based. */
export interface SqlPosition {
  line: number;
  column: number;
}

export interface SourceName {
  /** Null: found by the role's search path. */
  schema: string | null;
  name: string;
}

export interface ImportSelect {
  columns: { expression: ImportExpression; alias: string | null }[];
  table: SourceName & { alias: string | null };
  where: ImportExpression | null;
  limit: string | null;
}

export interface ImportType {
  name: string;
  /** Length, or precision and scale. */
  modifiers: number[];
  isArray: boolean;
}

export type ImportExpression = { at: SqlPosition } & (
  | { kind: "column"; table: SourceName | null; name: string }
  /** `*`, as a column of the select alone. */
  | { kind: "star"; table: SourceName | null }
  /** The digits as written: a JavaScript number would round them. */
  | { kind: "number"; text: string }
  | { kind: "string"; value: string }
  | { kind: "boolean"; value: boolean }
  | { kind: "null" }
  | { kind: "keyword"; word: string }
  | { kind: "unary"; operator: string; operand: ImportExpression }
  | { kind: "binary"; operator: string; left: ImportExpression; right: ImportExpression }
  | {
      kind: "between";
      negated: boolean;
      value: ImportExpression;
      low: ImportExpression;
      high: ImportExpression;
    }
  | { kind: "list" | "array"; items: ImportExpression[] }
  | { kind: "element"; array: ImportExpression; index: ImportExpression }
  | { kind: "cast"; operand: ImportExpression; type: ImportType }
  | { kind: "call"; name: string; arguments: ImportExpression[] }
  | { kind: "extract"; field: string; from: ImportExpression }
  | {
      kind: "case";
      value: ImportExpression | null;
      whens: { when: ImportExpression; result: ImportExpression }[];
      otherwise: ImportExpression | null;
    }
);
