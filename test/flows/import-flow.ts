import { eq } from "drizzle-orm";
import { vi } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import { startEngine } from "../../server/daemon/engine.ts";
import { startRoom } from "../../server/daemon/room.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import type { TableDefinitionInput } from "../../shared/table.ts";
import { openLocalDeps } from "./local-deps.ts";

/** The whole way of an import on the local cloud: engine, room, load, and the table read back. */
export async function openImportFlow(address: DatabaseAddress) {
  const opened = await openLocalDeps();
  const { deps } = opened;
  const actor = { userId: opened.adminUserId, name: "admin@example.com" };
  const engine = startEngine(deps);
  const room = startRoom(deps, { concurrency: 2, drainSeconds: 0 });
  const addDatabase = async (name: string, { tls: _, ...at }: DatabaseAddress) =>
    (await createDatabase(deps, { name, mayExport: true, ...at }, actor)).id;
  const importDatabaseId = await addDatabase("source", address);

  async function run(tableId: number) {
    const selection = {
      kind: "tables" as const,
      tableIds: [tableId],
      withAncestors: false,
      withDescendants: false,
    };
    const { runId } = await startRun(deps, selection, { userId: null, name: "test" });
    await vi.waitUntil(
      async () => (await deps.db.select().from(runs).where(eq(runs.id, runId)))[0]?.endedAt,
      { timeout: 60_000, interval: 50 },
    );
    const [tableRun] = await deps.db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
    const { state, reason, rowCount } = tableRun!;
    return { state, reason: reason?.text ?? null, rowCount };
  }
  return {
    deps,
    /** Of the database that was given first. */
    databaseId: importDatabaseId,
    addDatabase,
    async create(input: Partial<TableDefinitionInput> & { name: string }): Promise<number> {
      const { kind = "import" } = input;
      const source = kind === "import" ? { importDatabaseId } : {};
      return (await createTable(deps, { dataset: "raw", kind, ...source, ...input }, actor)).id;
    },
    run,
    preview: (name: string) => deps.warehouse.preview("raw", name, 100),
    async close() {
      await engine.stop();
      await room.stop();
      await opened.close();
    },
  };
}
