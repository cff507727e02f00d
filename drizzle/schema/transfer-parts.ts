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
import { count, id, instant, key } from "./columns.ts";
import { transfers } from "./transfers.ts";

/**
 * A part of an import that several rooms work on: the rows of one range of ids. queued → running
 * (claimed: lease, fence + 1, attempt + 1) → done | failed. A part counts as long as its transfer is
 * running under the fence that the part names.
 */
export const transferParts = pgTable(
  "transfer_parts",
  {
    id: id(),
    transferId: key()
      .notNull()
      .references((): AnyPgColumn => transfers.id, { onDelete: "cascade" }),
    /** Of the claim of the transfer that was divided so. */
    transferFence: integer().notNull(),
    /** From 0, in the order of the ids. */
    number: integer().notNull(),
    /** The SELECT of its rows. */
    statement: text().notNull(),
    state: text().$type<"queued" | "running" | "done" | "failed">().notNull().default("queued"),
    attempt: integer().notNull().default(0),
    leaseOwner: text(),
    leaseUntil: instant(),
    fence: integer().notNull().default(0),
    rows: count().notNull().default(0),
    /** Read so far; once it is done, those of its objects. */
    bytes: count().notNull().default(0),
    /** Names in the bucket, once it is done. */
    objects: jsonb().$type<string[]>(),
    error: text(),
    errorRetryable: integer().notNull().default(0),
  },
  (t) => [
    unique("transfer_parts_number").on(t.transferId, t.number),
    index("transfer_parts_open").on(t.transferId).where(sql`${t.state} in ('queued', 'running')`),
    check("transfer_parts_state", sql`${t.state} in ('queued', 'running', 'done', 'failed')`),
  ],
);
