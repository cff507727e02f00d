import { eq, sql } from "drizzle-orm";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { Db } from "../../db/client.ts";
import { tellSlack } from "../../db/outbox.ts";
import { placeOf } from "../../db/transfer-contexts.ts";
import { identifySource } from "./identify-source.ts";

/**
 * Moves the table's watermark: call it in the transaction that records the load job's success, so
 * that a crash leaves both or neither. It moves only from where the import found it, only if nobody has
 * had it forgotten since, and only where the table still imports the same: a reimport that was asked for
 * meanwhile, an edit, or the move of the database to other rows stays asked for. Remove the staged objects after the commit (`removeStagedObjects`).
 */
export async function finishImport(
  tx: Db,
  tableRun: { id: number; tableId: number },
  transfer: { result: TransferResult },
): Promise<void> {
  const { lastId, watermark, watermarkResets, source, schemaChange } = transfer.result;
  const isTable = eq(tables.id, tableRun.tableId);
  const [table] = await tx
    .select({
      importDatabaseId: tables.importDatabaseId,
      importTable: tables.importTable,
      query: tables.query,
      idColumn: tables.idColumn,
      lastId: tables.lastId,
      watermarkResets: tables.watermarkResets,
    })
    .from(tables)
    .where(isTable)
    .for("no key update");
  if (!table) return;
  // To null, too: ids that begin anew in a source that was emptied are above none.
  const wasForgotten = table.watermarkResets !== (watermarkResets ?? table.watermarkResets);
  const moves = !wasForgotten && table.lastId === watermark && identifySource(table) === source;
  const lastIdPlace = sql`(
    select ${placeOf(runs.cloud)} from ${runs} join ${tableRuns} on ${tableRuns.runId} = ${runs.id}
    where ${tableRuns.id} = ${tableRun.id})`;
  await tx
    .update(tables)
    .set({ importedAt: sql`clock_timestamp()`, ...(moves ? { lastId, lastIdPlace } : {}) })
    .where(isTable);
  if (schemaChange) await tellSchemaChange(tx, tableRun, schemaChange);
}

/** To whoever delivers the outbox: with the load, or not at all. */
async function tellSchemaChange(
  tx: Db,
  tableRun: { id: number; tableId: number },
  change: NonNullable<TransferResult["schemaChange"]>,
): Promise<void> {
  const { id: tableRunId, tableId } = tableRun;
  await tellSlack(tx, { kind: "schemaChange", tableRunId, tableId, ...change });
}
