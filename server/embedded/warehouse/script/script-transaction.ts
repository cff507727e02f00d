import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { changeWarehouse } from "../change-warehouse.ts";
import type { JobPlan } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import { quoteText } from "../field-types.ts";
import { finishedDocument } from "../finished-document.ts";
import { isPending } from "../javascript/sandbox.ts";
import { isConflict } from "../job-errors.ts";
import type { JobDocument } from "../job-resource.ts";
import { notSupported } from "../sql/parse/positions.ts";
import { WarehouseTransaction } from "../transaction.ts";
import type { ChildJobs } from "./child-jobs.ts";
import type { ScriptHost } from "./script-host.ts";

const lockWaitMs = 10_000;

/**
 * What stands between BEGIN TRANSACTION and its end: one transaction of DuckDB on a connection of its
 * own, with the locks of all tables it has written. The rows of its child jobs are written with the
 * COMMIT, or after the ROLLBACK: they are history, and stay.
 *
 * After an error DuckDB has given the transaction up. A handler may still end it; what it would read
 * before that is refused.
 */
export interface ScriptTransaction {
  connection: DuckDBConnection;
  staged: WarehouseTransaction;
  run(child: JobDocument, plan: (child: JobDocument) => Promise<JobPlan>): Promise<JobDocument>;
  end(action: "commit" | "rollback"): Promise<void>;
}

export async function openTransaction(
  host: ScriptHost,
  children: ChildJobs,
): Promise<ScriptTransaction> {
  const opened = Promise.withResolvers<DuckDBConnection>();
  const ended = Promise.withResolvers<void>();
  const held = host.context.database.use(async (connection) => {
    opened.resolve(connection);
    await ended.promise;
  });
  held.catch(opened.reject);
  const connection = await opened.promise;
  await connection.run("BEGIN TRANSACTION");
  children.pending = [];
  const transaction = new OpenTransaction(host, children, connection);
  return {
    connection,
    staged: transaction.staged,
    run: (child, plan) => transaction.run(child, plan),
    async end(action) {
      try {
        await transaction.end(action);
      } finally {
        ended.resolve();
        await held;
      }
    },
  };
}

class OpenTransaction {
  readonly staged: WarehouseTransaction;
  readonly #host: ScriptHost;
  readonly #children: ChildJobs;
  readonly #connection: DuckDBConnection;
  readonly #locked = new Set<string>();
  readonly #unlocks: (() => void)[] = [];
  #isBroken = false;

  constructor(host: ScriptHost, children: ChildJobs, connection: DuckDBConnection) {
    this.#host = host;
    this.#children = children;
    this.#connection = connection;
    this.staged = new WarehouseTransaction({
      connection,
      catalog: host.context.catalog,
      now: new Date(),
      isCancelled: host.isCancelled,
      isBegun: true,
    });
  }

  async run(
    child: JobDocument,
    makePlan: (child: JobDocument) => Promise<JobPlan>,
  ): Promise<JobDocument> {
    if (this.#isBroken) {
      throw notSupported("statements between an error in a transaction and its ROLLBACK");
    }
    try {
      let plan = await makePlan(child);
      await this.#lock(plan.locks);
      while (!plan.stillValid()) {
        plan = await makePlan(child);
        await this.#lock(plan.locks);
      }
      const releaseSlot = await this.#host.takeSlot();
      this.#host.record.interrupt = () => this.#connection.interrupt();
      try {
        const result = await plan.execute(this.staged);
        const startTime = String(child.statistics["startTime"]);
        const document = finishedDocument(child, startTime, result);
        this.#children.pending?.push(document);
        return document;
      } finally {
        this.#host.record.interrupt = null;
        releaseSlot();
      }
    } catch (error) {
      this.#isBroken = true;
      // It cannot be begun anew here, with what the transaction has done before.
      if (isPending(error)) throw notSupported("JavaScript that runs so long in a transaction");
      throw isConflict(error) ? concurrent() : error;
    }
  }

  /** Two transactions that wait for each other's tables end by the time, as BigQuery aborts one. */
  async #lock(names: string[]): Promise<void> {
    const missing = names.filter((name) => !this.#locked.has(name));
    if (missing.length === 0) return;
    const turn = this.#host.takeLocks(missing);
    const tooLong = new AbortController();
    const unlock = await Promise.race([
      turn,
      delay(lockWaitMs, null, { signal: tooLong.signal }).catch(() => null),
    ]);
    tooLong.abort();
    if (!unlock) {
      void turn.then((giveBack) => giveBack()).catch(() => undefined);
      throw concurrent();
    }
    this.#unlocks.push(unlock);
    for (const name of missing) this.#locked.add(name);
  }

  async end(action: "commit" | "rollback"): Promise<void> {
    const { context } = this.#host;
    const documents = this.#children.pending ?? [];
    this.#children.pending = null;
    try {
      if (action === "commit" && !this.#isBroken) await this.#commit(documents);
      else {
        await this.#connection.run("ROLLBACK").catch(() => undefined);
        await changeWarehouse(context, [], (tx) => {
          tx.atCommit.push(...documents.map((document) => context.jobs.recording(document)));
        });
      }
      for (const document of documents) context.jobs.addDone(document);
    } finally {
      for (const unlock of this.#unlocks) unlock();
    }
    if (action === "commit" && this.#isBroken) {
      throw notSupported("COMMIT after an error in the transaction");
    }
  }

  async #commit(documents: JobDocument[]): Promise<void> {
    const { catalog, jobs } = this.#host.context;
    try {
      const ends = documents.map((document) => jobs.recording(document));
      const changes = this.staged.ending();
      const last = [...ends, ...catalog.recording(changes), "COMMIT"];
      await this.#connection.run(last.join("; "));
      catalog.apply(changes);
    } catch (error) {
      await this.#connection.run("ROLLBACK").catch(() => undefined);
      throw isConflict(error) ? concurrent() : error;
    }
  }
}

function concurrent(): WarehouseError {
  return new WarehouseError("invalidQuery", "Transaction is aborted due to concurrent update");
}

/**
 * Rows of a transaction that is not yet at its end, for a table that stays when it is rolled back:
 * through a file, since no other transaction sees them.
 */
export async function carryRows<T>(
  host: ScriptHost,
  connection: DuckDBConnection,
  select: string,
  write: (tx: WarehouseTransaction, select: string) => Promise<T>,
): Promise<T> {
  const file = join(host.context.stagingDirectory, `${randomUUID()}.parquet`);
  try {
    await connection.run(`COPY (${select}) TO ${quoteText(file)} (FORMAT parquet)`);
    const rows = `SELECT * FROM read_parquet(${quoteText(file)})`;
    return await changeWarehouse(host.context, [], (tx) => write(tx, rows));
  } finally {
    await rm(file, { force: true });
  }
}
