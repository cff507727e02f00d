/** Reads the tables that BigQuery SQL depends on, off the event loop. */
export interface SqlParser {
  /** Never throws for SQL it cannot read: `astError` says why, the scanner's answer stands alone. */
  references(sql: string, options: { legacySql: boolean }): Promise<SqlReferences>;
  close(): Promise<void>;
}

export interface SqlReferences {
  /** Names as written, without backticks, sorted; null where the parser refused the SQL. */
  ast: string[] | null;
  astError: string | null;
  scanner: string[];
}
