import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

/** The identity primary key that every aggregate has. */
export const id = () => bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity();

/** A foreign key column; `references` is added where it is used. */
export const key = () => bigint({ mode: "number" });

/** A count of bytes, rows or slot milliseconds: exact up to 2^53. */
export const count = () => bigint({ mode: "number" });

/** An instant with microseconds, as a JavaScript Date. */
export const instant = () => timestamp({ withTimezone: true, mode: "date" });

export const createdAt = () => instant().notNull().defaultNow();

/** A bytea column. */
export const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });
