import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { Condition } from "../../shared/condition.ts";
import type { DatabaseKind, TlsMode } from "../../shared/database.ts";
import type {
  ExportMode,
  FileFormat,
  Partitioning,
  TableDefinition,
  TableKind,
} from "../../shared/table.ts";
import { bytes, count, createdAt, id, instant, key } from "./columns.ts";
import { frequencies } from "./frequencies.ts";
import { groups, users } from "./users.ts";

export const datasets = pgTable("datasets", {
  id: id(),
  name: text().notNull().unique(),
  createdAt: createdAt(),
});

export const databases = pgTable("databases", {
  id: id(),
  name: text().notNull().unique(),
  kind: text().$type<DatabaseKind>().notNull(),
  host: text().notNull(),
  port: integer().notNull(),
  database: text().notNull(),
  username: text().notNull(),
  password: bytes(),
  tlsMode: text().$type<TlsMode>().notNull().default("prefer"),
  /** PEM: who signs the server's certificate; null for the system's authorities. */
  tlsCa: text(),
  /** PEM: the certificate that Maestro shows, with its key, sealed. */
  tlsCertificate: text(),
  tlsKey: bytes(),
  mayImport: boolean().notNull().default(true),
  mayExport: boolean().notNull().default(false),
  /** The dataset that the browser proposes for imports. */
  importDataset: text(),
  /** Of all its transfers together; null is no limit. */
  bytesPerSecond: count(),
  /** Until when the bytes are given away that its limit allows; null: never limited yet. */
  pacedUntil: instant(),
  /** Transfers at once; null is no limit. */
  concurrentTransfers: integer(),
  createdAt: createdAt(),
});

export const tables = pgTable(
  "tables",
  {
    id: id(),
    datasetId: key()
      .notNull()
      .references((): AnyPgColumn => datasets.id),
    name: text().notNull(),
    kind: text().$type<TableKind>().notNull(),
    query: text().notNull().default(""),
    legacySql: boolean().notNull().default(false),
    disposition: text().$type<"truncate" | "append">().notNull().default("truncate"),
    partitioning: jsonb().$type<Partitioning>(),
    clustering: text().array().notNull().default([]),
    description: text().notNull().default(""),
    groupId: key().references((): AnyPgColumn => groups.id),
    ownerId: key().references((): AnyPgColumn => users.id),
    frequencyId: key().references((): AnyPgColumn => frequencies.id),
    conditions: jsonb().$type<Condition[]>().notNull().default([]),
    extract: boolean().notNull().default(false),
    extractFormat: text().$type<FileFormat>().notNull().default("CSV"),
    importDatabaseId: key().references((): AnyPgColumn => databases.id),
    importTable: text().notNull().default(""),
    idColumn: text(),
    /** The watermark of an incremental import, in the id column's own text form. */
    lastId: text(),
    /** The project that holds what was imported up to there, or `local`; null where an older Maestro wrote it. */
    lastIdPlace: text(),
    /** How often it was forgotten: an import that began before moves it no more. */
    watermarkResets: integer().notNull().default(0),
    importedAt: instant(),
    reimportConditions: jsonb().$type<Condition[]>().notNull().default([]),
    exportDatabaseId: key().references((): AnyPgColumn => databases.id, {
      onDelete: "set null",
    }),
    exportTable: text().notNull().default(""),
    exportMode: text().$type<ExportMode>().notNull().default("replace"),
    exportKeys: text().array().notNull().default([]),
    sheet: boolean().notNull().default(false),
    sheetReaders: text().array().notNull().default([]),
    /** The Google spreadsheet made by its first export. */
    spreadsheetId: text(),
    /** Whom Maestro has let read it: these lose it again when they are readers no more. */
    spreadsheetReaders: text().array().notNull().default([]),
    notifyUrls: text().array().notNull().default([]),
    externalTimeoutSeconds: integer().notNull().default(3600),
    externalFormat: text().$type<FileFormat>().notNull().default("CSV"),
    costCapBytes: count(),
    retries: integer().notNull().default(3),
    extraParents: text().array().notNull().default([]),
    ignoredParents: text().array().notNull().default([]),
    warnings: text().array().notNull().default([]),
    version: integer().notNull().default(1),
    /** What the last finished run left: shown in lists without asking the warehouse. */
    rowCount: count(),
    bytes: count(),
    lastOkAt: instant(),
    createdAt: createdAt(),
    updatedAt: instant().notNull().defaultNow(),
    deletedAt: instant(),
  },
  (t) => [
    uniqueIndex("tables_name").on(t.datasetId, t.name).where(sql`${t.deletedAt} is null`),
    index("tables_prefix").using("spgist", t.name).where(sql`${t.deletedAt} is null`),
    index("tables_frequency").on(t.frequencyId).where(sql`${t.deletedAt} is null`),
    check("tables_kind", sql`${t.kind} in ('summary', 'import', 'external')`),
    check("tables_disposition", sql`${t.disposition} in ('truncate', 'append')`),
    check(
      "tables_import_database",
      sql`(${t.kind} = 'import') = (${t.importDatabaseId} is not null)`,
    ),
    check("tables_clustering", sql`cardinality(${t.clustering}) <= 4`),
    check("tables_retries", sql`${t.retries} between 0 and 10`),
  ],
);

export const tableVersions = pgTable(
  "table_versions",
  {
    id: id(),
    tableId: key()
      .notNull()
      .references(() => tables.id),
    version: integer().notNull(),
    definition: jsonb().$type<TableDefinition>().notNull(),
    savedBy: key().references(() => users.id, { onDelete: "set null" }),
    savedAt: createdAt(),
    /** The commit that holds it, in the repository of the settings of then. */
    commitSha: text(),
    /** Why there is none and will be none, unless somebody mends it. */
    commitFault: text(),
  },
  (t) => [unique("table_versions_version").on(t.tableId, t.version)],
);

/**
 * Where a table and its files in a repository last said the same. What differs from that on one side
 * was changed there; where both differ it is a conflict.
 */
export const gitFiles = pgTable(
  "git_files",
  {
    /** The repository and its branch. */
    remote: text().notNull(),
    tableId: key()
      .notNull()
      .references(() => tables.id),
    /** `tables/<dataset>/<name>`. */
    path: text().notNull(),
    /** The table's version; 0: they never said the same. */
    version: integer().notNull(),
    /** Git's names of both files; null where there is none. */
    sqlSha: text(),
    settingsSha: text(),
    /** The version in which the table was found changed on both sides. */
    conflictVersion: integer(),
  },
  (t) => [primaryKey({ columns: [t.remote, t.tableId] })],
);

/** A repository's branch, as some process has it in its settings. */
export const gitBranches = pgTable("git_branches", {
  remote: text().primaryKey(),
  /** The last commit that it was seen at; whether it still leads to it tells that it was rewritten. */
  head: text(),
  /** Where it was found rewritten, until somebody has looked. */
  rewrittenHead: text(),
  /** When a process last had it in its settings: until long after, what is to be committed is kept. */
  seenAt: instant().notNull().defaultNow(),
});

/**
 * What a table reads, one row a name as written. `dataset`/`name` are the name split for matching
 * against the catalog; `pattern` is the LIKE-free prefix of a wildcard. Parents are found by
 * joining, so that a table catalogued later becomes a parent without a rewrite of its readers.
 */
export const tableReferences = pgTable(
  "table_references",
  {
    tableId: key()
      .notNull()
      .references(() => tables.id, { onDelete: "cascade" }),
    /** As written, without backticks; wildcards kept. */
    source: text().notNull(),
    dataset: text(),
    /** Exact table name, or the prefix before `*` where `isWildcard`. */
    name: text().notNull(),
    isWildcard: boolean().notNull().default(false),
    foundBy: text().array().notNull(),
    ignored: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.tableId, t.source] }),
    index("table_references_target").on(t.dataset, t.name),
    index("table_references_ignored").on(t.tableId).where(sql`${t.ignored}`),
  ],
);
