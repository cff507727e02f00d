import { eq } from "drizzle-orm";
import { runs, tableRuns } from "../../drizzle/schema/runs.ts";
import { transfers } from "../../drizzle/schema/transfers.ts";
import { createDatabase } from "../../server/services/databases/create-database.ts";
import { claimTransfer } from "../../server/services/transfers/claim-transfer.ts";
import { enqueueTransfers } from "../../server/services/transfers/enqueue-transfers.ts";
import { removeStagedObjects } from "../../server/services/transfers/remove-staged-objects.ts";
import { workTransfer } from "../../server/services/transfers/work-transfer.ts";
import { tableDefinitionSchema } from "../../shared/table.ts";
import { insertCatalog } from "../../test/support/catalog.ts";
import { connectCloud, createEngineDeps, type EngineDeps } from "../../test/support/engine-deps.ts";
import type { ReadOutput, RoomSetup } from "./contestants.ts";
import { rssBytes } from "./memory.ts";

/**
 * A whole import as a room does it: claimed, read, staged, uploaded into the local cloud, settled. The
 * time of the queue is in it, that of the load job is not: it is BigQuery's.
 */
export async function prepare(setup: RoomSetup) {
  const { connectionString, cloudUrl } = setup.surroundings;
  const limits = { importDividedFrom: setup.importDividedFrom };
  const deps = createEngineDeps({ connectionString, ...(await connectCloud(cloudUrl)), limits });
  await deps.objectStore.ensureBucket();
  const { tls: _, ...address } = setup.address;
  const actor = { userId: null, name: "bench" };
  const { id: importDatabaseId } = await createDatabase(
    deps,
    { name: setup.name, ...address, tlsMode: "disable" },
    actor,
  );
  const definition = tableDefinitionSchema.parse({
    dataset: "bench",
    name: setup.name,
    kind: "import",
    importTable: setup.table,
    importDatabaseId,
  });
  const ids = await insertCatalog(deps.db, [definition], definition.dataset);
  const tableId = ids.get(definition.name) ?? 0;
  const idleRssBytes = rssBytes();
  let last = 0;
  return async (): Promise<ReadOutput> => {
    await forget(deps, last);
    last = await queue(deps, { tableId, definition });
    const claim = await claimTransfer(deps, "bench");
    if (!claim) throw new Error("there is nothing to claim");
    await workTransfer(deps, claim, new AbortController().signal);
    const [row] = await deps.db.select().from(transfers).where(eq(transfers.id, claim.id));
    if (row?.state !== "succeeded" || !row.result) throw new Error(`${row?.state}: ${row?.error}`);
    if (!("objects" in row.result)) throw new Error("no import");
    return { paths: row.result.objects, rows: row.result.rows, idleRssBytes };
  };
}

async function queue(
  deps: EngineDeps,
  table: { tableId: number; definition: typeof tableRuns.$inferInsert.definition },
): Promise<number> {
  const [run] = await deps.db.insert(runs).values({ kind: "manual", state: "running" }).returning();
  const [tableRun] = await deps.db
    .insert(tableRuns)
    .values({ ...table, runId: run?.id ?? 0, state: "running", step: "import" })
    .returning();
  if (!tableRun) throw new Error("an insert without a row");
  await enqueueTransfers(deps.db, [tableRun]);
  return tableRun.id;
}

/** As after its load: its objects go, and the table may be imported again. */
async function forget(deps: EngineDeps, tableRunId: number): Promise<void> {
  if (tableRunId === 0) return;
  await removeStagedObjects(deps, tableRunId);
  await deps.db.update(tableRuns).set({ state: "succeeded" }).where(eq(tableRuns.id, tableRunId));
}
