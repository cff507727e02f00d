import { asc, eq } from "drizzle-orm";
import { databases } from "../../../drizzle/schema/tables.ts";
import type { DatabaseView } from "../../../shared/database.ts";
import type { Deps } from "../deps.ts";

export function listDatabases(deps: Pick<Deps, "db">): Promise<DatabaseView[]> {
  return deps.db
    .select({
      id: databases.id,
      name: databases.name,
      kind: databases.kind,
      host: databases.host,
      port: databases.port,
      database: databases.database,
      username: databases.username,
      mayImport: databases.mayImport,
    })
    .from(databases)
    .where(eq(databases.kind, "postgres"))
    .orderBy(asc(databases.name))
    .then((rows) => rows.map((row) => ({ ...row, kind: "postgres" })));
}
