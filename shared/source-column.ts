/** BigQuery's types that a source's columns become. */
export type ScalarType =
  | "INT64"
  | "FLOAT64"
  | "NUMERIC"
  | "BOOL"
  | "DATE"
  | "DATETIME"
  | "TIMESTAMP"
  | "TIME"
  | "BYTES"
  | "JSON"
  | "STRING";

/** A column of the source's answer: what it is, and how the source is asked to write it. */
export interface SourceColumn {
  name: string;
  type: ScalarType;
  isArray: boolean;
  /** SQL, in the source's dialect, of the value that goes into the CSV; an array goes as a JSON array of texts. */
  expression: string;
  /** What a NUMERIC was declared as; null where it was not. */
  decimal: Decimal | null;
}

export interface Decimal {
  precision: number;
  scale: number;
}
