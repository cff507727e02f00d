import { afterAll, beforeAll, expect, test } from "vitest";
import { databases } from "../../../drizzle/schema/tables.ts";
import type { DbClient } from "../../../server/db/client.ts";
import { validateDefinition } from "../../../server/services/catalog/validate-definition.ts";
import { type TableDefinitionInput, tableDefinitionSchema } from "../../../shared/table.ts";
import { insertImportTable, openTestDb } from "../transfers/fixture.ts";

let client: DbClient;
let open: number;
let closed: number;
beforeAll(async () => {
  client = await openTestDb();
  const at = { kind: "postgres" as const, host: "h", port: 5432, database: "d", username: "u" };
  const [first, second] = await client.db
    .insert(databases)
    .values([
      { ...at, name: "shop", mayExport: true },
      { ...at, name: "ledger", mayExport: false },
    ])
    .returning();
  open = first!.id;
  closed = second!.id;
});
afterAll(() => client.close());

function save(input: Partial<TableDefinitionInput>, tableId: number | null = null) {
  const definition = tableDefinitionSchema.parse({
    dataset: "marts",
    name: "orders",
    kind: "summary",
    query: "select 1 as id",
    ...input,
  });
  return validateDefinition(client.db, definition, tableId);
}

test.each<[string, () => Partial<TableDefinitionInput>, string, RegExp]>([
  [
    "an address to notify without a scheme",
    () => ({ notifyUrls: ["example.com/told"] }),
    "notifyUrls",
    /write an https:\/\/ or http:\/\/ address.*not example\.com\/told/,
  ],
  [
    "an address to notify with a password",
    () => ({ notifyUrls: ["https://me:secret@example.com/"] }),
    "notifyUrls",
    /without a user and a password/,
  ],
  [
    "an address to notify twice",
    () => ({ notifyUrls: ["https://example.com/", "https://example.com/"] }),
    "notifyUrls",
    /is there twice/,
  ],
  [
    "a target without a database",
    () => ({ exportTable: "t" }),
    "exportTable",
    /choose exportDatabaseId/,
  ],
  [
    "a mode without a database",
    () => ({ exportMode: "append" }),
    "exportMode",
    /choose exportDatabaseId/,
  ],
  [
    "an upsert without keys",
    () => ({ exportDatabaseId: open, exportMode: "upsert" }),
    "exportKeys",
    /needs keys/,
  ],
  [
    "keys of an append",
    () => ({ exportDatabaseId: open, exportMode: "append", exportKeys: ["id"] }),
    "exportKeys",
    /keys are for upserts/,
  ],
  [
    "a key twice",
    () => ({ exportDatabaseId: open, exportMode: "upsert", exportKeys: ["id", "ID"] }),
    "exportKeys",
    /ID is named twice/,
  ],
  [
    "a name of three parts",
    () => ({ exportDatabaseId: open, exportTable: "a.b.c" }),
    "exportTable",
    /names no table/,
  ],
  [
    "a database that is not there",
    () => ({ exportDatabaseId: 999_999 }),
    "exportDatabaseId",
    /no database with id 999999/,
  ],
  [
    "a database that may not be written to",
    () => ({ exportDatabaseId: closed }),
    "exportDatabaseId",
    /exports to ledger are turned off/,
  ],
])("%s is refused with the field", async (_, input, field, message) => {
  await expect(save(input())).rejects.toMatchObject({
    code: "invalidInput",
    field,
    message: expect.stringMatching(message),
  });
});

test("two tables are not written over one another, but may add to one", async () => {
  const other = await insertImportTable(client, { name: "sales" });
  await client.pool.query(
    "update tables set export_database_id = $1, export_table = 'public.\"sales\"' where id = $2",
    [open, other.tableId],
  );
  const same = { exportDatabaseId: open, exportTable: "sales" };
  await expect(save(same)).rejects.toMatchObject({
    field: "exportTable",
    message: expect.stringMatching(/sales is exported to the same table of shop/),
  });
  await expect(save({ ...same, exportTable: "other.sales" })).resolves.toBeUndefined();
  await expect(save(same, other.tableId)).resolves.toBeUndefined();
  await client.pool.query("update tables set export_mode = 'append' where id = $1", [
    other.tableId,
  ]);
  await expect(save({ ...same, exportMode: "append" })).resolves.toBeUndefined();
});

test("a replace does not write over what an import of the database reads", async () => {
  const { tableId } = await insertImportTable(client, { name: "people" });
  await client.pool.query(
    "update tables set import_database_id = $1, import_table = '', query = 'select id from public.people' where id = $2",
    [open, tableId],
  );
  const over = { exportDatabaseId: open, exportTable: "people" };
  await expect(save(over)).rejects.toMatchObject({
    code: "invalidInput",
    field: "exportTable",
    message: expect.stringMatching(/people imports this table of shop.*choose another name/),
  });
  await expect(save(over, tableId)).rejects.toMatchObject({ field: "exportTable" });
  await expect(
    save({
      kind: "import",
      query: "",
      importDatabaseId: open,
      importTable: "Visits",
      exportDatabaseId: open,
      exportTable: '"Visits"',
    }),
  ).rejects.toMatchObject({ field: "exportTable" });
  await expect(save({ ...over, exportTable: "people2" })).resolves.toBeUndefined();
  await expect(
    save({ ...over, exportMode: "upsert", exportKeys: ["id"] }),
  ).resolves.toBeUndefined();
  await client.pool.query(
    "update tables set export_database_id = $1, export_table = 'people' where id = $2",
    [open, tableId],
  );
  await expect(save(over, tableId)).resolves.toBeUndefined();
});

test.each([
  [`${"é".repeat(32)}`, /64 bytes, and PostgreSQL keeps 63/],
  ["maestro_exports", /Maestro's own/],
])("a target named %s is refused", async (exportTable, message) => {
  await expect(save({ exportDatabaseId: open, exportTable })).rejects.toMatchObject({
    code: "invalidInput",
    field: "exportTable",
    message: expect.stringMatching(message),
  });
});
