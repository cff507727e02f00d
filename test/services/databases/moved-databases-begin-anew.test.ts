import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databases, tables } from "../../../drizzle/schema/tables.ts";
import { updateDatabase } from "../../../server/services/databases/update-database.ts";
import type { DatabaseInputBefore } from "../../../shared/database.ts";
import { insertImportTable } from "../transfers/fixture.ts";
import { actor, openTransferDeps } from "../transfers/support.ts";

let opened: Awaited<ReturnType<typeof openTransferDeps>>;
beforeAll(async () => {
  opened = await openTransferDeps();
});
afterAll(() => opened.close());

async function afterEdit(edit: Partial<DatabaseInputBefore>, more: { hasSameData?: boolean } = {}) {
  const { client, deps } = opened;
  const { tableId, databaseId } = await insertImportTable(client, { idColumn: "id" });
  await client.db.update(tables).set({ lastId: "9" }).where(eq(tables.id, tableId));
  const [row] = await client.db.select().from(databases).where(eq(databases.id, databaseId));
  const { name, kind, host, port, database, username } = row!;
  const input = { id: databaseId, name, kind, host, port, database, username };
  await updateDatabase(deps, { ...input, password: "p", ...edit, ...more }, actor);
  const [table] = await client.db.select().from(tables).where(eq(tables.id, tableId));
  return table!.lastId;
}

test("increments go on after an edit that leaves the database where it is", async () => {
  expect(await afterEdit({ name: "renamed", username: "other", concurrentTransfers: 2 })).toBe("9");
});

test.each([{ database: "other" }, { host: "127.0.0.2" }, { port: 5433 }])(
  "increments begin anew at another address: %o",
  async (edit) => {
    expect(await afterEdit(edit)).toBe(null);
  },
);

test("increments go on where the same data has moved", async () => {
  expect(await afterEdit({ host: "127.0.0.3" }, { hasSameData: true })).toBe("9");
});
