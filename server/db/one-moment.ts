import type { Db } from "./client.ts";

/** Reads by several statements as if by one: what is committed between them is not seen by any. */
export function atOneMoment<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T> {
  return db.transaction(read, { isolationLevel: "repeatable read", accessMode: "read only" });
}
