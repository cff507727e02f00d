import type { DuckDBConnection } from "@duckdb/node-api";
import type { FieldSchema } from "../../../shared/table.ts";

/*
 * The border between the two halves of the local warehouse: the SQL front end (`sql/`, GoogleSQL in,
 * DuckDB SQL out, or a refusal that names the construct) and the server (BigQuery's REST API, the
 * jobs, the tables' metadata, load and extract).
 *
 * Types are stored so: STRING VARCHAR, BYTES BLOB, INT64 BIGINT, FLOAT64 DOUBLE, BOOL BOOLEAN,
 * NUMERIC DECIMAL(38,9) (but see `narrow`), BIGNUMERIC BIGNUM, DATE DATE, DATETIME TIMESTAMP, TIMESTAMP TIMESTAMPTZ, TIME TIME, JSON JSON,
 * INTERVAL INTERVAL, ARRAY<T> T[], STRUCT STRUCT. A result of any other DuckDB type is refused.
 */

export interface TableName {
  projectId: string;
  datasetId: string;
  tableId: string;
}

/** What is known of the values of a NUMERIC, or of an INT64 as one. */
export interface Digits {
  /** It is a DECIMAL(width, scale). No more than 29 digits stand before the point. */
  width: number;
  scale: number;
  /** No value is farther from zero than so many units of its last digit. */
  most: bigint;
}

/** Former states of tables are kept so long, as in BigQuery. */
export const keptMs = 7 * 86_400_000;

/** A table or view as the SQL front end sees it. */
export interface WarehouseTable {
  name: TableName;
  type: "TABLE" | "VIEW";
  /** Where DuckDB has it, quoted and ready to stand after FROM. */
  relation: string;
  schema: FieldSchema[];
  /**
   * The same rows with some NUMERIC columns in decimals of their own, and what is known of them and of
   * integers. It is read, never written.
   */
  narrow?: { relation: string; digits: ReadonlyMap<string, Digits> };
  partitioning: { type: "HOUR" | "DAY" | "MONTH" | "YEAR"; field: string | null } | null;
  /** GoogleSQL of a view; null for a table. */
  viewQuery: string | null;
  /** Of a view that was made with a list of them; the others have their query's, as it is now. */
  columnNames?: string[];
  /** A table snapshot: it is read and never written. */
  isSnapshot?: boolean;
  /** Milliseconds since 1970, as is the youngest change of rows or columns. */
  modifiedAt?: number;
  /** The transaction that asks has changed it, or began before its last change. */
  isUnsettled?: boolean;
  /** Milliseconds since 1970. A wildcard over tables has the schema of the youngest. */
  createdAt?: number;
}

/**
 * A table partitioned by ingestion time stores the partition in this hidden column (TIMESTAMPTZ,
 * truncated to the partition), which `schema` leaves out. It is queried as `_PARTITIONTIME` and
 * `_PARTITIONDATE`.
 */
export const partitionTimeColumn = "_PARTITIONTIME";

/** Answers from memory. Names are case-sensitive, as BigQuery's are. */
export interface WarehouseCatalog {
  hasDataset(projectId: string, datasetId: string): boolean;
  get(name: TableName): WarehouseTable | undefined;
  /** What a table was at an instant before its last change, if that is kept; of an unsettled one, at any. */
  getAsOf?(name: TableName, instant: number): WarehouseTable | undefined;
  list(projectId: string, datasetId: string): WarehouseTable[];
  routine?(name: RoutineName): WarehouseRoutine | undefined;
  /** Where DuckDB will have a table that an earlier statement of the same job creates. */
  relationFor?(name: TableName): string;
  /**
   * INFORMATION_SCHEMA.<view>, upper case (TABLES, COLUMNS, SCHEMATA, JOBS …), of a dataset or (null)
   * of the project or region. Absent views are refused by name.
   */
  informationSchema?(
    projectId: string,
    datasetId: string | null,
    view: string,
  ): WarehouseTable | undefined;
}

export interface RoutineName {
  projectId: string;
  datasetId: string;
  routineId: string;
}

/** REST's StandardSqlDataType. */
export interface RestDataType {
  typeKind: string;
  arrayElementType?: RestDataType;
  structType?: { fields?: { name?: string; type: RestDataType }[] };
}

/** A function, table function or procedure of a dataset, in the words of REST's routine resource. */
export interface WarehouseRoutine {
  name: RoutineName;
  routineType: "SCALAR_FUNCTION" | "TABLE_VALUED_FUNCTION" | "PROCEDURE";
  language: "SQL" | "JAVASCRIPT";
  /** A type that is null is ANY TYPE. */
  arguments: { name: string; type: RestDataType | null; mode: "IN" | "OUT" | "INOUT" }[];
  returnType: RestDataType | null;
  returnColumns: { name: string; type: RestDataType }[] | null;
  isDeterministic: boolean;
  /** The expression, query, BEGIN … END or JavaScript. */
  definitionBody: string;
}

/** REST's queryParameters entry, as sent. */
export interface QueryParameter {
  name?: string;
  parameterType: { type: string; arrayType?: unknown; structTypes?: unknown };
  parameterValue: { value?: string; arrayValues?: unknown; structValues?: unknown };
}

export interface CompileOptions {
  projectId: string;
  defaultDataset: { projectId: string; datasetId: string } | null;
  legacySql: boolean;
  catalog: WarehouseCatalog;
  parameters: QueryParameter[];
  /** What CURRENT_TIMESTAMP answers for the whole job. */
  now: Date;
}

export interface Compiled {
  statements: CompiledStatement[];
  /** Tables read, each once; views and what they read both. */
  referencedTables: TableName[];
  /** What FOR SYSTEM_TIME AS OF reads, in milliseconds since 1970. */
  readsAsOf: ReadAsOf[];
}

export interface ReadAsOf {
  table: TableName;
  instant: number;
}

interface StatementBase {
  /** BigQuery's statistics.query.statementType. */
  statementType: string;
  /** For the bytes: tables read by this statement, and the top-level columns where it can tell (null: all). */
  reads: { table: TableName; columns: string[] | null }[];
}

/** What OPTIONS(…) says of a table, a view or a dataset. */
export interface ObjectOptions {
  /** By REST's names (description, friendlyName, labels …); null takes one away. */
  properties: Record<string, unknown>;
  expiresAt?: number | null;
  partitionExpirationMs?: number | null;
}

export type TableChange =
  | { k: "options"; options: ObjectOptions }
  | { k: "addColumn"; field: FieldSchema; ifNotExists: boolean }
  | { k: "dropColumn"; name: string; ifExists: boolean }
  | { k: "renameColumn"; from: string; to: string; ifExists: boolean }
  | { k: "rename"; tableId: string }
  | { k: "changeColumn"; name: string; ifExists: boolean; field: ColumnChange }
  | { k: "addKeys"; constraints: TableConstraints }
  | { k: "dropPrimaryKey"; ifExists: boolean };

/** REST's tableConstraints: kept and shown, not enforced. */
export interface TableConstraints {
  primaryKey?: { columns: string[] };
  foreignKeys?: {
    referencedTable: TableName;
    columnReferences: { referencingColumn: string; referencedColumn: string }[];
  }[];
}

/** DROP NOT NULL, SET DATA TYPE, SET OPTIONS, SET and DROP DEFAULT of one column. */
export interface ColumnChange {
  mode?: "NULLABLE";
  type?: string;
  description?: string | null;
  /** Null: none any more. */
  defaultValueExpression?: string | null;
}

export type CompiledStatement =
  /** `sql` is one DuckDB SELECT. */
  | (StatementBase & { kind: "select"; sql: string; schema: FieldSchema[] })
  /**
   * CREATE TABLE. `sql` is the AS SELECT, or null with an explicit schema. The schema is the analyzer's
   * and always there, in the order of the SELECT's columns.
   */
  | (StatementBase & {
      kind: "createTable";
      target: TableName;
      mode: "create" | "orReplace" | "ifNotExists";
      sql: string | null;
      schema: FieldSchema[];
      partitioning: WarehouseTable["partitioning"];
      clustering: string[];
      options: ObjectOptions;
    })
  /** A new table with another's columns and, but for LIKE, its rows. */
  | (StatementBase & {
      kind: "copyTable";
      how: "LIKE" | "COPY" | "CLONE" | "SNAPSHOT";
      target: TableName;
      source: TableName;
      /** FOR SYSTEM_TIME AS OF: milliseconds since 1970, where it is an earlier state. */
      asOf: number | null;
      mode: "create" | "orReplace" | "ifNotExists";
      options: ObjectOptions;
    })
  | (StatementBase & {
      kind: "alter";
      object: "TABLE" | "VIEW" | "SCHEMA";
      target: TableName;
      ifExists: boolean;
      changes: TableChange[];
    })
  | (StatementBase & {
      kind: "createView";
      target: TableName;
      mode: "create" | "orReplace" | "ifNotExists";
      materialized: boolean;
      viewQuery: string;
      columnNames: string[] | null;
      schema: FieldSchema[];
      options: ObjectOptions;
    })
  | (StatementBase & {
      kind: "drop";
      object: "TABLE" | "VIEW" | "SCHEMA";
      target: TableName;
      /** SNAPSHOT TABLE, MATERIALIZED VIEW. */
      special: boolean;
      ifExists: boolean;
    })
  | (StatementBase & {
      kind: "createSchema";
      projectId: string;
      datasetId: string;
      ifNotExists: boolean;
      options: ObjectOptions;
    })
  | (StatementBase & {
      kind: "createRoutine";
      routine: WarehouseRoutine;
      mode: "create" | "orReplace" | "ifNotExists";
    })
  | (StatementBase & {
      kind: "dropRoutine";
      routine: RoutineName;
      routineType: WarehouseRoutine["routineType"];
      ifExists: boolean;
    })
  /** INSERT, UPDATE, DELETE, MERGE, TRUNCATE: runs as it is; DuckDB's count of changed rows is the answer. */
  | (StatementBase & { kind: "dml"; target: TableName; sql: string });

/** What `sql/front-end.ts` exports as `createSqlFrontEnd(): Promise<SqlFrontEnd>`. */
export interface SqlFrontEnd {
  /** Throws WarehouseError. Does not touch DuckDB. */
  compile(sql: string, options: CompileOptions): Promise<Compiled>;
  /**
   * Defines the macros and functions that compiled SQL calls, for all connections of the instance.
   * Called once after each opening of the file, before settings are locked and any SQL runs.
   */
  install(connection: DuckDBConnection): Promise<void>;
  close(): Promise<void>;
}

/** Thrown by both halves; the server puts it into BigQuery's error shape. */
export class WarehouseError extends Error {
  readonly reason: WarehouseErrorReason;
  constructor(reason: WarehouseErrorReason, message: string) {
    super(message);
    this.name = "WarehouseError";
    this.reason = reason;
  }
}

export type WarehouseErrorReason =
  | "invalidQuery"
  | "notFound"
  | "duplicate"
  | "invalid"
  | "stopped"
  | "timeout"
  | "notImplemented"
  | "bytesBilledLimitExceeded"
  | "resourcesExceeded"
  | "internalError";
