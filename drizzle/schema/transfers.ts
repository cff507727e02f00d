import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
} from "drizzle-orm/pg-core";
import type { SourceColumn } from "../../shared/source-column.ts";
import type { FieldSchema } from "../../shared/table.ts";
import type { TransferKind, TransferState } from "../../shared/transfer.ts";
import { count, createdAt, id, instant, key } from "./columns.ts";
import { tableRuns } from "./runs.ts";
import { databases, tables } from "./tables.ts";

/**
 * Work for a room. queued → running (claimed: lease, fence + 1, attempt + 1) → succeeded | failed |
 * cancelled; running with an expired lease is claimed again, up to three attempts. Every write of
 * a room names its fence, so a room that lost its lease changes nothing.
 */
export const transfers = pgTable(
  "transfers",
  {
    id: id(),
    tableRunId: key()
      .notNull()
      .references((): AnyPgColumn => tableRuns.id, { onDelete: "cascade" }),
    tableId: key()
      .notNull()
      .references((): AnyPgColumn => tables.id),
    kind: text().$type<TransferKind>().notNull(),
    /** Whose limits hold for it; null for a sheet. */
    databaseId: key().references((): AnyPgColumn => databases.id, { onDelete: "set null" }),
    /** What was sent to the database to read or write the rows. */
    statement: text(),
    state: text().$type<TransferState>().notNull().default("queued"),
    attempt: integer().notNull().default(0),
    leaseOwner: text(),
    leaseUntil: instant(),
    fence: integer().notNull().default(0),
    cancelRequestedAt: instant(),
    /** The e-mail address at the time; null from daemons that did not write it yet. */
    cancelRequestedBy: text(),
    rows: count().notNull().default(0),
    bytes: count().notNull().default(0),
    totalRows: count(),
    result: jsonb().$type<TransferResult | DeliveryResult>(),
    /** Of an import that other rooms help with; the rows are in transfer_parts. */
    division: jsonb().$type<Division>(),
    error: text(),
    errorRetryable: integer().notNull().default(0),
    createdAt: createdAt(),
    startedAt: instant(),
    endedAt: instant(),
  },
  (t) => [
    unique("transfers_table_run").on(t.tableRunId, t.kind),
    index("transfers_table").on(t.tableId, t.id),
    index("transfers_ended").on(t.endedAt),
    index("transfers_open").on(t.leaseUntil, t.id).where(sql`${t.state} in ('queued', 'running')`),
    check(
      "transfers_state",
      sql`${t.state} in ('queued', 'running', 'succeeded', 'failed', 'cancelled')`,
    ),
  ],
);

/** What a room needs to read a part of an import as the room does that has claimed it. */
export interface Division {
  /** The snapshot that is shared, and the server's start: another server may have one of that name. */
  snapshot: string;
  server: string;
  /** Of the source. */
  table: { schema: string; name: string };
  columns: SourceColumn[];
  /** What stands for NULL in a CSV. */
  nullMarker: string;
}

/** Of an export or a sheet. */
export interface DeliveryResult {
  rows: number;
  /** Where they are: `schema.table`, or the URL of a spreadsheet. */
  target: string;
}

/** Of an import. */
export interface TransferResult {
  /** Object names in the bucket. */
  objects: string[];
  format: "CSV" | "PARQUET" | "NEWLINE_DELIMITED_JSON";
  schema: FieldSchema[];
  rows: number;
  /** The id column's highest value read, as text; null where the table has no id column. */
  lastId: string | null;
  /** The watermark it read above. Not null: the rows are an increment, to be appended. */
  fromLastId: string | null;
  /** The table's watermark when the import began: it moves from there alone. */
  watermark: string | null;
  /** How often that had been forgotten when it began; missing in those of an older Maestro. */
  watermarkResets?: number;
  /** What was imported, by `identifySource`: no watermark is set where the table's is another by now. */
  source: string;
  /** What stands for NULL in a CSV. */
  nullMarker: string | null;
  /** Where it takes all rows anew because the columns of the source have changed. */
  schemaChange?: { text: string; keptAs: string | null };
  /**
   * Another reason to take all rows: its table was not in BigQuery any more, its watermark was of another
   * project, or a reimport condition held.
   */
  anew?: "gone" | "moved" | "condition";
}

/** Messages to the outside (Slack, Git), delivered at least once and in order of id by topic. */
export const outbox = pgTable(
  "outbox",
  {
    id: id(),
    topic: text().notNull(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant().notNull().defaultNow(),
    deliveredAt: instant(),
    /** Told to nobody, and never will be: `last_error` says why. */
    givenUpAt: instant(),
    lastError: text(),
    createdAt: createdAt(),
  },
  (t) => [index("outbox_open").on(t.topic, t.id).where(sql`${t.deliveredAt} is null`)],
);
