import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { databases, datasets, tables } from "../../../drizzle/schema/tables.ts";
import { createDbClient, type DbClient } from "../../../server/db/client.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../../shared/table.ts";
import { createTestDatabase } from "../../support/database.ts";

/** A migrated database with one pool, dropped by `close`. */
export async function openTestDb(): Promise<DbClient & { connectionString: string }> {
  const database = await createTestDatabase();
  const client = createDbClient({
    connectionString: database.connectionString,
    poolSize: 8,
    applicationName: "test",
  });
  return {
    ...client,
    connectionString: database.connectionString,
    async close() {
      await client.close();
      await database.drop();
    },
  };
}

let counter = 0;

/** An import table with a database of its own; the password is not sealed here. */
export async function insertImportTable(
  client: DbClient,
  input: Partial<TableDefinitionInput> = {},
  source: Partial<typeof databases.$inferInsert> = {},
) {
  counter += 1;
  const [database] = await client.db
    .insert(databases)
    .values({
      name: `source ${counter}`,
      kind: "postgres",
      host: "127.0.0.1",
      port: 5432,
      database: "source",
      username: "reader",
      ...source,
    })
    .returning();
  const [dataset] = await client.db
    .insert(datasets)
    .values({ name: `raw_${counter}` })
    .returning();
  const definition = tableDefinitionSchema.parse({
    dataset: dataset!.name,
    name: "orders",
    kind: "import",
    importTable: "orders",
    importDatabaseId: database!.id,
    ...input,
  });
  const [table] = await client.db
    .insert(tables)
    .values({
      datasetId: dataset!.id,
      name: definition.name,
      kind: "import",
      query: definition.query,
      importDatabaseId: definition.importDatabaseId,
      importTable: definition.importTable,
      idColumn: definition.idColumn,
    })
    .returning();
  return { tableId: table!.id, databaseId: database!.id, definition };
}

/** A run with one running table run of the table, at its import step. */
export async function insertTableRun(
  client: DbClient,
  table: Awaited<ReturnType<typeof insertImportTable>>,
) {
  const [run] = await client.db
    .insert(runs)
    .values({ kind: "manual", state: "running" })
    .returning();
  const [tableRun] = await client.db
    .insert(tableRuns)
    .values({
      runId: run!.id,
      tableId: table.tableId,
      definition: table.definition,
      state: "running",
      step: "import",
    })
    .returning();
  return tableRun!;
}
