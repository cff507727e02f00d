import { integer, jsonb, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { createdAt, id, instant, key } from "./columns.ts";

export const schedulers = pgTable("schedulers", {
  id: id(),
  name: text().notNull().unique(),
  state: text().$type<"active" | "terminating">().notNull().default("active"),
  version: integer().notNull().default(1),
  createdAt: createdAt(),
});

export const schedulerVersions = pgTable(
  "scheduler_versions",
  {
    id: id(),
    schedulerId: key()
      .notNull()
      .references(() => schedulers.id, { onDelete: "cascade" }),
    version: integer().notNull(),
    specification: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: createdAt(),
  },
  (t) => [unique("scheduler_versions_version").on(t.schedulerId, t.version)],
);

/** Room statuses, where PostgreSQL keeps them. */
export const rooms = pgTable(
  "rooms",
  {
    schedulerId: key()
      .notNull()
      .references(() => schedulers.id, { onDelete: "cascade" }),
    id: text().notNull(),
    state: text()
      .$type<
        "creating" | "ready" | "occupied" | "terminating" | "terminated" | "unresponsive" | "error"
      >()
      .notNull()
      .default("creating"),
    pid: integer(),
    createdAt: createdAt(),
    pingedAt: instant(),
    metadata: jsonb().$type<Record<string, unknown>>().notNull().default({}),
  },
  (t) => [primaryKey({ columns: [t.schedulerId, t.id] })],
);
