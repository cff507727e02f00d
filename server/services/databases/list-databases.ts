import { asc, getTableColumns } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import type { DatabaseView } from "../../../shared/database.ts";
import type { Deps } from "../deps.ts";

export async function listDatabases(deps: Pick<Deps, "db">): Promise<DatabaseView[]> {
  const {
    password: _,
    tlsKey: _key,
    pacedUntil: _until,
    createdAt: _at,
    ...shown
  } = getTableColumns(databases);
  return deps.db.select(shown).from(databases).orderBy(asc(databases.name));
}
