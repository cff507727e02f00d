import { sql } from "drizzle-orm";
import { boolean, check, integer, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, id } from "./columns.ts";

export const frequencies = pgTable(
  "frequencies",
  {
    id: id(),
    name: text().notNull().unique(),
    periodSeconds: integer().notNull(),
    offsetSeconds: integer().notNull().default(0),
    timeZone: text(),
    active: boolean().notNull().default(true),
    createdAt: createdAt(),
  },
  (t) => [check("frequencies_period", sql`${t.periodSeconds} > 0`)],
);
