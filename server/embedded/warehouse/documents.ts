import type { FieldSchema } from "../../../shared/table.ts";
import {
  type RoutineName,
  type TableName,
  WarehouseError,
  type WarehouseRoutine,
} from "./contract.ts";

export type PartitionUnit = "HOUR" | "DAY" | "MONTH" | "YEAR";

export interface TimePartitioning {
  type: PartitionUnit;
  /** Null: by ingestion time. */
  field: string | null;
  expirationMs: number | null;
}

/** What is stored of a dataset. Instants are milliseconds since 1970. */
export interface DatasetDocument {
  projectId: string;
  datasetId: string;
  location: string;
  /** REST's writable properties, as given (labels, description, friendlyName, defaults, access …). */
  properties: Record<string, unknown>;
  createdAt: number;
  modifiedAt: number;
}

/** NUMERIC is stored as DECIMAL(width, scale), INTEGER as ever. `most` is the `Digits`'. */
export interface StoredDigits {
  /** The column's. */
  name: string;
  width: number;
  scale: number;
  most: string;
}

/** What is stored of a table or view. */
export interface TableDocument {
  name: TableName;
  type: "TABLE" | "VIEW";
  /** Where its rows are, ready to stand after FROM; empty for a view. */
  relation: string;
  schema: FieldSchema[];
  partitioning: TimePartitioning | null;
  clustering: string[];
  viewQuery: string | null;
  /** Of a view that was made with a list of them. */
  columnNames?: string[];
  /** A VIEW that REST calls MATERIALIZED_VIEW; a TABLE that it calls SNAPSHOT, and that nobody writes. */
  special?: "MATERIALIZED_VIEW" | "SNAPSHOT";
  /** Of what a snapshot or a clone was made. */
  base?: TableName;
  /** How narrow its decimals are stored (`column-digits.ts`); absent where all are as wide as NUMERIC. */
  digits?: StoredDigits[];
  /** Rows of its relation were changed in their place (`keep-former-rows.ts`). */
  isRewritten?: boolean;
  /** REST's writable properties, as given (labels, description, friendlyName …). */
  properties: Record<string, unknown>;
  expiresAt: number | null;
  createdAt: number;
  modifiedAt: number;
}

/** What is stored of a function, table function or procedure. */
export interface RoutineDocument extends WarehouseRoutine {
  /** REST's writable properties beside the definition, as given. */
  properties: Record<string, unknown>;
  createdAt: number;
  modifiedAt: number;
}

/** What a table was until an instant. */
export interface TableVersion {
  /** Its `relation` may be one that was made to keep these rows, or the live one's first rows. */
  document: TableDocument;
  /** How many of the relation's rows were there then; null: all. */
  rows: number | null;
  /** Milliseconds since 1970 of the change that ended it; it began at the document's `modifiedAt`. */
  until: number;
}

/** One change of the catalog; a null document deletes. */
export type CatalogChange =
  | { kind: "dataset"; projectId: string; datasetId: string; document: DatasetDocument | null }
  | { kind: "table"; name: TableName; document: TableDocument | null }
  | { kind: "version"; name: TableName; until: number; document: TableVersion | null }
  | { kind: "routine"; name: RoutineName; document: RoutineDocument | null };

export function routineKey(name: RoutineName): string {
  return `${name.projectId}.${name.datasetId}.${name.routineId}`;
}

export function routineText(name: RoutineName): string {
  return `${name.projectId}:${name.datasetId}.${name.routineId}`;
}

export function tableText(name: TableName): string {
  return `${name.projectId}:${name.datasetId}.${name.tableId}`;
}

export function tableKey(name: TableName): string {
  return `${name.projectId}.${name.datasetId}.${name.tableId}`;
}

export function checkTableId(tableId: string): void {
  if (/^[\p{L}\p{M}\p{N}_ -]{1,1024}$/u.test(tableId)) return;
  throw new WarehouseError("invalid", `Invalid table ID "${tableId}".`);
}
