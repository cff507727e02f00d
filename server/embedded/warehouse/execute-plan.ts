import type { DuckDBConnection } from "@duckdb/node-api";
import type { JobPlan, WarehouseContext } from "./context.ts";
import { finishedDocument } from "./finished-document.ts";
import { inTransaction } from "./in-transaction.ts";
import type { JobDocument } from "./job-resource.ts";
import type { JobRecord } from "./job-store.ts";

/**
 * Does what a job has planned and writes its end, both in one transaction. A cancel interrupts it
 * until the commit begins.
 *
 * @returns the finished job, as it was recorded
 */
export function executePlan(
  context: WarehouseContext,
  job: {
    document: JobDocument;
    plan: JobPlan;
    /** What a cancel finds: the job's own, or that of the script it belongs to. */
    record: JobRecord;
    isCancelled: () => boolean;
  },
): Promise<JobDocument> {
  const { document, plan, record, isCancelled } = job;
  const startTime = String(document.statistics["startTime"] ?? Date.now());
  return context.database.use((connection) =>
    inTransaction(context, connection, isCancelled, async (tx) => {
      const result = await interruptibly(record, connection, () => plan.execute(tx));
      tx.checkCancelled();
      // From here on a cancel comes too late.
      const finished = finishedDocument(document, startTime, result);
      tx.atCommit.push(context.jobs.recording(finished));
      return finished;
    }),
  );
}

/** Only the work itself: a ROLLBACK that is interrupted leaves its connection in the transaction. */
async function interruptibly<T>(
  record: JobRecord,
  connection: DuckDBConnection,
  work: () => Promise<T>,
): Promise<T> {
  record.interrupt = () => connection.interrupt();
  try {
    return await work();
  } finally {
    record.interrupt = null;
  }
}
