import { sql } from "drizzle-orm";
import {
  type AnyPgColumn,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from "drizzle-orm/pg-core";
import type { OperationKind, OperationProgress, OperationState } from "../../shared/operation.ts";
import type { RoomState } from "../../shared/room.ts";
import type { Specification } from "../../shared/scheduler.ts";
import { count, createdAt, id, instant, key } from "./columns.ts";

export const schedulers = pgTable("schedulers", {
  id: id(),
  name: text().notNull().unique(),
  state: text().$type<"creating" | "active" | "terminating">().notNull().default("active"),
  /** Of `scheduler_versions`: what its rooms shall be. */
  version: integer().notNull().default(1),
  createdAt: createdAt(),
  /** Rooms that it shall have; null: as many as its specification's min. */
  desired: integer(),
  /** Of the watcher that took it up last: every write of a watcher names its own. */
  watcherFence: integer().notNull().default(0),
  /** The last change of the number of rooms, for the cooldown. */
  scaledAt: instant(),
});

export const schedulerVersions = pgTable(
  "scheduler_versions",
  {
    id: id(),
    schedulerId: key()
      .notNull()
      .references(() => schedulers.id, { onDelete: "cascade" }),
    version: integer().notNull(),
    specification: jsonb().$type<Specification>().notNull(),
    createdAt: createdAt(),
    /** Rooms of one major number are alike. */
    major: integer().notNull().default(1),
    minor: integer().notNull().default(0),
    actor: text(),
    /** Why it was rolled back; null where it was not. */
    failure: text(),
  },
  (t) => [unique("scheduler_versions_version").on(t.schedulerId, t.version)],
);

/** Rooms, and their pings where PostgreSQL keeps them. */
export const rooms = pgTable(
  "rooms",
  {
    schedulerId: key()
      .notNull()
      .references(() => schedulers.id, { onDelete: "cascade" }),
    id: text().notNull(),
    state: text().$type<RoomState>().notNull().default("creating"),
    /** Of its process, until that is gone. */
    pid: integer(),
    createdAt: createdAt(),
    pingedAt: instant(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** Of `scheduler_versions`. */
    version: integer().notNull().default(1),
    /** Why it is in its state, where it has not said so itself. */
    reason: text(),
    /** Where its process runs, and when that began there: a pid alone may be another's by now. */
    machine: text(),
    processStart: text(),
    /** Its output. */
    logPath: text(),
    host: text(),
    ports: jsonb().$type<{ name: string; port: number }[]>(),
    readyAt: instant(),
    occupiedAt: instant(),
    /** Since then an allocation holds it, whatever it says for a while. */
    allocatedAt: instant(),
    /** Since then it is to take nothing more. */
    drainingAt: instant(),
    terminatingAt: instant(),
    endedAt: instant(),
    cpuMillis: integer(),
    memoryBytes: count(),
  },
  (t) => [
    primaryKey({ columns: [t.schedulerId, t.id] }),
    index("rooms_alive")
      .on(t.schedulerId, t.state)
      .where(sql`${t.state} <> 'terminated' or ${t.pid} is not null`),
    index("rooms_ended").on(t.endedAt).where(sql`${t.endedAt} is not null`),
  ],
);

/**
 * What is to be done, is done or was done with a scheduler's rooms: pending → running → succeeded |
 * failed | cancelled. Its watcher works on one after another.
 */
export const schedulerOperations = pgTable(
  "scheduler_operations",
  {
    id: id(),
    schedulerId: key()
      .notNull()
      .references((): AnyPgColumn => schedulers.id, { onDelete: "cascade" }),
    kind: text().$type<OperationKind>().notNull(),
    state: text().$type<OperationState>().notNull().default("pending"),
    actor: text().notNull(),
    /** What was asked for, in words. */
    summary: text().notNull(),
    progress: jsonb().$type<OperationProgress>(),
    /** Why it failed or was cancelled. */
    reason: text(),
    /** The version to return to where it fails. */
    fromVersion: integer(),
    createdAt: createdAt(),
    startedAt: instant(),
    /** The last step that brought it on. */
    advancedAt: instant(),
    endedAt: instant(),
  },
  (t) => [
    index("scheduler_operations_of").on(t.schedulerId, t.id),
    check(
      "scheduler_operations_state",
      sql`${t.state} in ('pending', 'running', 'succeeded', 'failed', 'cancelled')`,
    ),
  ],
);

/** A trigger's metric, once a period; those without a trigger count rooms, for charts. */
export const schedulerPoints = pgTable(
  "scheduler_points",
  {
    schedulerId: key()
      .notNull()
      .references((): AnyPgColumn => schedulers.id, { onDelete: "cascade" }),
    /** Such as `up 0 room`, `down 1 cpu`; `rooms` where `counts` is given. */
    trigger: text().notNull(),
    at: createdAt(),
    /** In per cent. */
    usage: doublePrecision(),
    counts: jsonb().$type<Partial<Record<RoomState, number>>>(),
  },
  (t) => [primaryKey({ columns: [t.schedulerId, t.trigger, t.at] })],
);

/** What rooms and their players told, with the progress of its forwarding. */
export const roomEvents = pgTable(
  "room_events",
  {
    id: id(),
    schedulerId: key()
      .notNull()
      .references((): AnyPgColumn => schedulers.id, { onDelete: "cascade" }),
    roomId: text().notNull(),
    kind: text().$type<"room" | "player">().notNull(),
    event: text().notNull(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
    /** By the room's clock. */
    timestamp: count().notNull(),
    createdAt: createdAt(),
    /** When it is forwarded next; null: not at all, or no more. */
    forwardAt: instant(),
    forwardAttempts: integer().notNull().default(0),
    forwardError: text(),
  },
  (t) => [
    index("room_events_of").on(t.schedulerId, t.id),
    index("room_events_to_forward").on(t.forwardAt).where(sql`${t.forwardAt} is not null`),
  ],
);

/** One row: since when rooms have had an API to ping, without a gap, and until when that is known. */
export const apiPresence = pgTable(
  "api_presence",
  { id: integer().primaryKey().default(1), since: instant().notNull(), until: instant().notNull() },
  (t) => [check("api_presence_one", sql`${t.id} = 1`)],
);

/** Leases under a name, where PostgreSQL keeps the locks. */
export const heldLocks = pgTable("held_locks", {
  name: text().primaryKey(),
  token: text().notNull(),
  expiresAt: instant().notNull(),
});
