import { eq } from "drizzle-orm";
import { vi } from "vitest";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { startRunner } from "../../server/daemon/engine.ts";
import { startRoom } from "../../server/daemon/room.ts";
import { createTable } from "../../server/services/catalog/save-table.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { startRun } from "../../server/services/runs/start-run.ts";
import { tellTableRun } from "../../server/services/runs/tell-table-run.ts";
import type { TableDefinitionInput } from "../../shared/table.ts";
import { createSourceDatabase } from "../connectors/support.ts";
import { chooseTables, nobody } from "../support/choose-tables.ts";
import { openLocalDeps } from "./local-deps.ts";

/** Increments from a PostgreSQL that changes between them, on the local cloud. */
export async function openChangingSource() {
  const [opened, source] = await Promise.all([openLocalDeps(), createSourceDatabase()]);
  const { deps } = opened;
  const { db, warehouse } = deps;
  const engine = startRunner(deps);
  const room = startRoom(deps, { concurrency: 2, drainSeconds: 0 });
  const actor = { userId: opened.adminUserId, name: "admin@example.com" };
  const input = { name: "source", ...source.address };
  const importDatabaseId = (await createDatabase(deps, input, actor)).id;

  /** Its run's only table run. */
  async function ended(runId: number) {
    await vi.waitUntil(
      async () => (await db.select().from(runs).where(eq(runs.id, runId)))[0]?.endedAt,
      { timeout: 60_000, interval: 25 },
    );
    const [tableRun] = await db.select().from(tableRuns).where(eq(tableRuns.runId, runId));
    return tableRun!;
  }

  /** What its story says of the import. */
  async function importedBy(id: number): Promise<string> {
    const { story } = await tellTableRun(deps, { id });
    return story.find(({ text }) => text.startsWith("imported"))?.text ?? "";
  }
  return {
    deps,
    actor,
    source,
    ended,
    importedBy,
    async create(name: string, other: Partial<TableDefinitionInput> = {}): Promise<number> {
      const definition = {
        dataset: "raw",
        name,
        kind: "import" as const,
        importDatabaseId,
        importTable: name,
        idColumn: "id",
        ...other,
      };
      return (await createTable(deps, definition, actor)).id;
    },
    async run(tableId: number) {
      const { runId } = await startRun(deps, chooseTables([tableId]), nobody);
      const { id, state, reason, rowCount } = await ended(runId);
      return { state, reason: reason?.text ?? null, rowCount, imported: await importedBy(id) };
    },
    watermark: async (tableId: number) =>
      (await db.select().from(tables).where(eq(tables.id, tableId)))[0]!.lastId,
    async contents(name: string) {
      const { schema, rows } = await warehouse.preview("raw", name, 100);
      const sorted = rows.toSorted((a, b) => Number(a[0]) - Number(b[0]));
      return { columns: schema.map(({ name, type }) => `${name} ${type}`), rows: sorted };
    },
    async dropTable(name: string) {
      const tables = `${opened.cloudUrl}/bigquery/v2/projects/maestro-local/datasets/raw/tables`;
      const answer = await fetch(`${tables}/${name}`, { method: "DELETE" });
      if (!answer.ok) throw new Error(`${name} was not dropped: ${answer.status}`);
    },
    async close() {
      await engine.stop();
      await room.stop();
      await opened.close();
      await source.drop();
    },
  };
}
