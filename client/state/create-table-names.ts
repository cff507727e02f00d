import { api } from "../trpc.ts";
import { createApiQuery } from "./create-api-query.ts";

/** The names of all tables of the catalog, kept in step with it. */
export function createTableNames() {
  return createApiQuery(
    // A key of its own: names change when tables do, not at every step of a run.
    () => ["tableNames"],
    (signal) => api.tables.names.query(undefined, { signal }),
    { replace: true },
  );
}
