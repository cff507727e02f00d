import type { DuckDBConnection } from "@duckdb/node-api";
import { changeWarehouse } from "../change-warehouse.ts";
import type { JobPlan } from "../context.ts";
import type { JobDocument } from "../job-resource.ts";
import type { WarehouseTransaction } from "../transaction.ts";
import { ChildJobs, type Evaluation, keyOf } from "./child-jobs.ts";
import type { ScriptHost } from "./script-host.ts";
import { openTransaction, type ScriptTransaction } from "./script-transaction.ts";

/**
 * The job of a script.
 *
 * Every statement, and every expression whose value may be another one at another time, is a child
 * job: it has a number, and its row is committed with what it did. The rest of a script (variables,
 * conditions, jumps) follows from these. After a kill the script runs again from its beginning: a
 * child job whose row is there is not run a second time, its outcome is taken from the row. So no
 * statement is ever done twice, and none is left out.
 *
 * What a BEGIN TRANSACTION has opened commits as one; a kill before its COMMIT leaves nothing of it
 * and none of its child jobs, and the script goes on from the BEGIN.
 */
export class ScriptJob {
  readonly host: ScriptHost;
  readonly children: ChildJobs;
  readonly temporaryDataset: string;
  transaction: ScriptTransaction | null = null;

  constructor(host: ScriptHost) {
    this.host = host;
    const { context, record } = host;
    this.children = new ChildJobs(context, record.document);
    this.temporaryDataset = temporaryDatasetOf(record.document);
  }

  get job(): JobDocument {
    return this.host.record.document;
  }

  /** Runs a child job, or answers what it was when it ran before a kill. */
  async child(
    evaluation: Evaluation,
    plan: (child: JobDocument) => Promise<JobPlan>,
  ): Promise<JobDocument> {
    this.host.checkCancelled();
    return this.children.next(evaluation, (child) =>
      this.transaction
        ? this.transaction.run(child, plan)
        : this.children.runAlone(this.host, child, plan),
    );
  }

  /** A connection that sees what the script has done so far. */
  async use<T>(body: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const { record, context } = this.host;
    const work = async (connection: DuckDBConnection) => {
      record.interrupt = () => connection.interrupt();
      try {
        this.host.checkCancelled();
        return await body(connection);
      } finally {
        record.interrupt = null;
      }
    };
    const own = this.transaction?.connection;
    return own ? work(own) : context.database.use(work);
  }

  async begin(): Promise<void> {
    this.transaction = await openTransaction(this.host, this.children);
  }

  async endTransaction(action: "commit" | "rollback"): Promise<void> {
    const { transaction } = this;
    this.transaction = null;
    await transaction?.end(action);
  }

  /** Writes the end of the script's job, and drops its temporary tables. */
  async end(document: JobDocument): Promise<void> {
    const { context, record } = this.host;
    await changeWarehouse(context, [], (tx) => {
      dropTemporaryTables(tx, document);
      tx.atCommit.push(context.jobs.recording(document));
    });
    context.jobs.finish(record, document);
  }

  /** Leaves no transaction open, whatever ended the script. */
  async close(): Promise<void> {
    await this.endTransaction("rollback");
  }
}

/** With the end of a job; nothing where it had none. */
export function dropTemporaryTables(tx: WarehouseTransaction, job: JobDocument): void {
  const dataset = temporaryDatasetOf(job);
  if (tx.dataset(job.projectId, dataset)) tx.removeDataset(job.projectId, dataset);
}

function temporaryDatasetOf(job: JobDocument): string {
  return `_script${keyOf(job)}`;
}
