import { jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, createdAt, instant } from "./columns.ts";

/** One row a setting; credentials are in `secret` (AES-256-GCM, bound to the row's key). */
export const settings = pgTable("settings", {
  key: text().primaryKey(),
  value: jsonb().$type<unknown>(),
  secret: bytes(),
  createdAt: createdAt(),
  updatedAt: instant().notNull().defaultNow(),
});
