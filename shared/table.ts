import { z } from "zod";
import { conditionSchema } from "./condition.ts";
import { keptText } from "./text.ts";

export const tableKinds = ["summary", "import", "external"] as const;
export type TableKind = (typeof tableKinds)[number];

export const fileFormats = ["CSV", "NEWLINE_DELIMITED_JSON", "PARQUET"] as const;
export type FileFormat = (typeof fileFormats)[number];

const identifier = z
  .string()
  .regex(/^[A-Za-z0-9_]{1,1024}$/, "letters, digits and underscores only");

export const exportModes = ["replace", "append", "upsert"] as const;
export type ExportMode = (typeof exportModes)[number];

export const partitioningSchema = z.object({
  type: z.enum(["HOUR", "DAY", "MONTH", "YEAR"]),
  /** The column; null partitions by ingestion time. */
  field: identifier.nullable().default(null),
  expirationDays: z.number().positive().nullable().default(null),
});
export type Partitioning = z.infer<typeof partitioningSchema>;

/** `d.t` or `p.d.t`, as a person names a table that the SQL does not show. */
const tableReferenceName = z
  .string()
  .max(2_100)
  .regex(/^([A-Za-z0-9_-]+\.)?[A-Za-z0-9_]+\.[A-Za-z0-9_*]+$/, "write it as dataset.name");

const costCapRule = ruleOf(
  "no cost cap: write a number above 0, or nothing for no cap (BigQuery bills a query 10 MiB at least)",
);
const retriesRule = ruleOf(
  "no number of retries: write a whole number from 0 (the first fault fails it) to 10",
);

/** A message that names what was written, where that is a number. */
function ruleOf(what: string) {
  const nameOf = (input: unknown) => (Number.isFinite(input) ? String(input) : "this");
  return { error: ({ input }: { input?: unknown }) => `${nameOf(input)} is ${what}` };
}

/**
 * All that a user decides about a table. It is what a save validates, what a version keeps and
 * what a table run snapshots at assembly.
 */
export const tableDefinitionSchema = z.object({
  dataset: identifier,
  name: identifier,
  kind: z.enum(tableKinds),
  /** BigQuery SQL of a summary; restricted SELECT of an import (empty: all columns of `importTable`). */
  query: keptText().max(1_000_000).default(""),
  legacySql: z.boolean().default(false),
  disposition: z.enum(["truncate", "append"]).default("truncate"),
  partitioning: partitioningSchema.nullable().default(null),
  clustering: z.array(identifier).max(4, "BigQuery clusters by at most four columns").default([]),
  description: keptText().max(16_384).default(""),
  groupId: z.int().nullable().default(null),
  frequencyId: z.int().nullable().default(null),
  conditions: z.array(conditionSchema).max(20).default([]),
  extract: z.boolean().default(false),
  extractFormat: z.enum(fileFormats).default("CSV"),
  importDatabaseId: z.int().nullable().default(null),
  /** `schema.table` or `table` in the source; used where `query` is empty. */
  importTable: keptText().max(256).default(""),
  /** Incremental imports: the column that grows. Null reimports everything each time. */
  idColumn: identifier.nullable().default(null),
  /** Where one of these holds for a tick, the import takes all rows anew; none: never by itself. */
  reimportConditions: z.array(conditionSchema).max(20).default([]),
  /** A database that the table is written to after each run; null is none. */
  exportDatabaseId: z.int().nullable().default(null),
  /** `schema.table` or `table` there; empty: the table's own name. */
  exportTable: keptText().max(256).default(""),
  exportMode: z.enum(exportModes).default("replace"),
  /** Of an upsert: the columns that tell rows apart. */
  exportKeys: z.array(identifier).max(16, "a key has at most 16 columns").default([]),
  /** Whether each run writes the table to its Google spreadsheet. */
  sheet: z.boolean().default(false),
  /** Who may read the spreadsheet, beside the table's owner. */
  sheetReaders: z.array(z.email("write an e-mail address")).max(100).default([]),
  /** Who is told by an HTTP POST each time that the table is complete. */
  notifyUrls: z.array(keptText().trim().max(2_000)).max(10, "at most ten URLs").default([]),
  /** Seconds that a table run waits for an upload. */
  externalTimeoutSeconds: z
    .int()
    .min(1)
    .max(7 * 86_400)
    .default(3600),
  externalFormat: z.enum(fileFormats).default("CSV"),
  /** BigQuery's maximumBytesBilled; null is no cap. */
  costCapBytes: z.int(costCapRule).positive(costCapRule).nullable().default(null),
  /** Attempts after the first, for transient faults only. */
  retries: z.int(retriesRule).min(0, retriesRule).max(10, retriesRule).default(3),
  /** Parents that the SQL does not show. */
  extraParents: z.array(tableReferenceName).max(100).default([]),
  /** Parents that are read in their last version: no edge in the graph. */
  ignoredParents: z.array(tableReferenceName).max(100).default([]),
});
export type TableDefinition = z.infer<typeof tableDefinitionSchema>;
/** The same before defaults are filled in. */
export type TableDefinitionInput = z.input<typeof tableDefinitionSchema>;

export const referenceSources = ["ast", "scanner", "dryRun", "manual"] as const;
export type ReferenceSource = (typeof referenceSources)[number];

/** One table that a table's SQL reads (or is told to depend on). */
export interface TableReferenceView {
  /** As written, without backticks; wildcards kept. */
  name: string;
  foundBy: ReferenceSource[];
  /** The catalogued tables it stands for; more than one for a wildcard, none outside the catalog. */
  parents: { id: number; name: string }[];
  ignored: boolean;
}

export type TableStatus =
  | "never"
  | "waiting"
  | "running"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled";

/** A row of the tables list. `name` is `dataset.name`; instants are ISO strings. */
export interface TableListItem {
  id: number;
  name: string;
  kind: TableKind;
  groupName: string | null;
  ownerEmail: string | null;
  frequencyId: number | null;
  frequencyName: string | null;
  status: TableStatus;
  statusReason: string | null;
  lastRunAt: string | null;
  lastOkAt: string | null;
  rowCount: number | null;
  bytes: number | null;
  parentCount: number;
  childCount: number;
  updatedAt: string;
}

/** What a search among all tables goes by. */
export type TableNameItem = Pick<TableListItem, "id" | "name" | "kind">;

/** One table whole. */
export interface TableDetail extends TableListItem {
  definition: TableDefinition;
  /** Counts saves, from 1. Send it back on update to refuse a lost edit. */
  version: number;
  references: TableReferenceView[];
  parents: { id: number; name: string; ignored: boolean }[];
  children: { id: number; name: string }[];
  /** What AST, scanner and dry run did not agree on, in sentences. */
  warnings: string[];
  /** Where its Google spreadsheet opens; null until it has one. */
  spreadsheetUrl: string | null;
  canWrite: boolean;
}

export interface TableVersionView {
  version: number;
  savedAt: string;
  savedBy: string | null;
  /** The commit that holds it; its page where the repository's host is known. */
  commit: { sha: string; url: string | null } | null;
  /** Why it has none and will have none, unless somebody mends it. */
  commitFault: string | null;
  definition: TableDefinition;
}

/** A BigQuery field, nested for RECORD. */
export interface FieldSchema {
  name: string;
  type: string;
  mode: "NULLABLE" | "REQUIRED" | "REPEATED";
  fields?: FieldSchema[];
  /** What a RANGE is of. */
  rangeElementType?: { type: string };
  /** Of a column: the SQL of what rows have that say nothing about it. */
  defaultValueExpression?: string;
}

/** The first rows of a table. Cells are JSON values: null, string, number, boolean, arrays, objects. */
export interface TablePreview {
  schema: FieldSchema[];
  rows: unknown[][];
  totalRows: number;
  bytes: number;
}

/** The first rows of a query that was run as it stood in the editor, and what it cost. */
export interface QueryPreview extends Omit<TablePreview, "bytes"> {
  bytesBilled: number;
  price: number;
  cacheHit: boolean;
  tookMs: number;
}

/** A table's columns, for completion. */
export interface TableColumns {
  name: string;
  columns: FieldSchema[];
}

/** What a dry run answers, or where it failed. */
export type DryRunResult =
  | {
      ok: true;
      bytesProcessed: number;
      schema: FieldSchema[];
      references: TableReferenceView[];
      warnings: string[];
    }
  | {
      ok: false;
      message: string;
      line: number | null;
      column: number | null;
      references: TableReferenceView[];
      warnings: string[];
    };

/** What a save answered: its warnings are stored too and shown on the table. */
export interface SavedTable {
  id: number;
  version: number;
  warnings: string[];
}

/** The files of a table's newest extract. The URLs are signed on reading and expire. */
export interface TableExtract {
  runId: number;
  tableRunId: number;
  at: string;
  expiresAt: string;
  files: { name: string; bytes: number; url: string }[];
  /** How many more it had that are gone from the bucket. */
  missingFiles: number;
}

/** Where to PUT a file of an external table; send exactly this content type. */
export interface UploadTarget {
  url: string;
  objectName: string;
  contentType: string;
  expiresAt: string;
}

/** A dataset that has tables in the catalog. */
export interface DatasetView {
  id: number;
  name: string;
  tableCount: number;
}
