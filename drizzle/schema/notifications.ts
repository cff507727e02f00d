import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
} from "drizzle-orm/pg-core";
import type { NotificationAttempt, NotificationState } from "../../shared/notification.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { bytes, createdAt, id, instant, key } from "./columns.ts";
import { tableRuns } from "./runs.ts";
import { tables } from "./tables.ts";

/**
 * Completed tables that receivers are told of, written with the completion: queued → delivered, or
 * failed where it was refused for good, or nobody took it for a day. `send again` queues it once more.
 */
export const notifications = pgTable(
  "notifications",
  {
    id: id(),
    tableRunId: key()
      .notNull()
      .references((): AnyPgColumn => tableRuns.id, { onDelete: "cascade" }),
    url: text().notNull(),
    state: text().$type<NotificationState>().notNull().default("queued"),
    /** The last ones. */
    attempts: jsonb().$type<NotificationAttempt[]>().notNull().default([]),
    nextAttemptAt: instant(),
    createdAt: createdAt(),
    tableId: key().references((): AnyPgColumn => tables.id, { onDelete: "cascade" }),
    /** Of the URL: one receiver that hangs must not take all places. */
    host: text(),
    /** Attempts that were begun; who writes how one ended names its number. */
    attemptCount: integer().notNull().default(0),
    /** Until then somebody is at it. */
    leaseUntil: instant(),
    /** No attempt is begun after it, but for a first one. */
    giveUpAt: instant(),
    /** Answers in a row by which it was refused for good. */
    refusedCount: integer().notNull().default(0),
    /** The columns as they were at the first attempt. */
    schema: jsonb().$type<FieldSchema[]>(),
    endedAt: instant(),
  },
  (t) => [
    unique("notifications_once").on(t.tableRunId, t.url),
    index("notifications_queued").on(t.tableId, t.url, t.id).where(sql`${t.state} = 'queued'`),
    index("notifications_table").on(t.tableId, t.id),
    index("notifications_ended").on(t.endedAt).where(sql`${t.endedAt} is not null`),
  ],
);

/** What the notifications of a table are signed with, sealed. */
export const notificationSecrets = pgTable("notification_secrets", {
  tableId: key()
    .primaryKey()
    .references((): AnyPgColumn => tables.id, { onDelete: "cascade" }),
  secret: bytes().notNull(),
  createdAt: createdAt(),
});
