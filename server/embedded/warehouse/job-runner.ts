import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../shared/errors.ts";
import { Slots } from "../locks.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import type { JobPlan, WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import { executePlan } from "./execute-plan.ts";
import { finishedDocument } from "./finished-document.ts";
import { awaitingJavascript } from "./javascript/sandbox.ts";
import { isConflict, isFatal, jobErrorsOf, toWarehouseError } from "./job-errors.ts";
import { type JobDocument, jobType } from "./job-resource.ts";
import type { JobRecord } from "./job-store.ts";
import { planCopy } from "./run-copy-job.ts";
import { planExtract } from "./run-extract-job.ts";
import { planLoad } from "./run-load-job.ts";
import { planQuery } from "./run-query-job.ts";
import { executeScript } from "./script/execute-script.ts";
import { dropTemporaryTables, ScriptJob } from "./script/script-job.ts";
import { type ScriptText, scriptOf } from "./script/script-text.ts";

const interruptPeriodMs = 50;

/**
 * Runs accepted jobs.
 *
 * A job is planned (which compiles its SQL), takes the locks of the tables it writes and then a
 * slot; a plan whose targets changed while it waited is made anew. What it does and its end are one
 * transaction: after a kill the job has either happened and is DONE, or nothing of it is there and
 * `resume` runs it again. A cancel interrupts until the commit begins; afterwards the job is done.
 * Writers to one table go one after another by the locks, so DuckDB's conflicts are rare; a job that
 * meets one is planned and run again.
 *
 * A script (`script/`) commits its statements one by one, as BigQuery's do: each is a child job, and
 * its row is written with what it did. A script that is run again after a kill takes over what its
 * child jobs have done and goes on behind the last of them.
 */
export class JobRunner {
  readonly #context: WarehouseContext;
  readonly #slots: Slots;
  readonly #onFatal: (error: unknown) => void;
  readonly #running = new Map<JobRecord, Promise<void>>();
  #stopping = false;

  constructor(options: {
    context: WarehouseContext;
    concurrency: number;
    /** DuckDB can do nothing more: the process has to be started again. */
    onFatal: (error: unknown) => void;
  }) {
    this.#context = options.context;
    this.#slots = new Slots(options.concurrency);
    this.#onFatal = options.onFatal;
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  start(record: JobRecord): void {
    const limitMs = Number(record.document.configuration["jobTimeoutMs"] ?? 0);
    const timer = limitMs > 0 ? setTimeout(() => this.cancel(record), limitMs) : undefined;
    // A job whose end cannot be written leaves nothing to do but to start the process again.
    const running = this.#run(record)
      .catch(this.#onFatal)
      .finally(() => {
        clearTimeout(timer);
        this.#running.delete(record);
      });
    this.#running.set(record, running);
  }

  /** Starts what was accepted before the process ended. */
  resume(): void {
    for (const record of this.#context.jobs.unfinished()) this.start(record);
  }

  cancel(record: JobRecord): void {
    record.cancelRequested = true;
    this.#interrupt(record);
  }

  /** Until it has ended: DuckDB forgets an interrupt that comes just before a statement begins. */
  #interrupt(record: JobRecord): void {
    if (!this.#running.has(record)) return;
    record.interrupt?.();
    setTimeout(() => this.#interrupt(record), interruptPeriodMs);
  }

  /** Interrupts what runs, without an end on the jobs: the next start runs them again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const running = [...this.#running.keys()];
    await Promise.allSettled(running.map((record) => this.#context.jobs.keep(record)));
    for (const record of this.#running.keys()) this.#interrupt(record);
    await Promise.all(this.#running.values());
  }

  async #run(record: JobRecord): Promise<void> {
    const { catalog, log } = this.#context;
    const release = catalog.hold();
    try {
      await this.#attempt(record);
    } catch (error) {
      if (isFatal(error)) {
        this.#onFatal(error);
        return;
      }
      if (this.#stopping) return;
      const failure = toWarehouseError(error);
      if (failure.reason === "internalError") {
        log.error({ err: error, job: record.document.jobId }, "job failed");
      }
      await this.#end(record, failure);
    } finally {
      release();
    }
  }

  async #attempt(record: JobRecord): Promise<void> {
    const script = scriptOf(record.document);
    if (script) return this.#runScript(record, script);
    const attempts = 8;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const attempted = () => this.#planAndExecute(record);
        if (await awaitingJavascript(attempted, () => this.#checkCancelled(record))) return;
      } catch (error) {
        if (!isConflict(error) || attempt >= attempts) throw error;
        this.#context.log.debug({ job: record.document.jobId, attempt }, messageOf(error));
        await delay(10 * 2 ** attempt);
      }
    }
  }

  async #runScript(record: JobRecord, script: ScriptText): Promise<void> {
    this.#checkCancelled(record);
    await this.#context.jobs.keep(record);
    record.state = "RUNNING";
    const startTime = String(Date.now());
    const run = new ScriptJob({
      context: this.#context,
      record,
      takeLocks: (names) => this.#unlessCancelled(record, this.#context.locks.take(names)),
      takeSlot: () => this.#unlessCancelled(record, this.#slots.take()),
      checkCancelled: () => this.#checkCancelled(record),
      isCancelled: () => record.cancelRequested || this.#stopping,
    });
    try {
      const result = await executeScript(run, script);
      this.#checkCancelled(record);
      await run.end(finishedDocument(record.document, startTime, result));
    } finally {
      await run.close();
    }
  }

  /** False where the plan was outdated. */
  async #planAndExecute(record: JobRecord): Promise<boolean> {
    this.#checkCancelled(record);
    const plan = await makePlan(this.#context, record.document);
    const unlock = await this.#unlessCancelled(record, this.#context.locks.take(plan.locks));
    try {
      if (!plan.stillValid()) return false;
      const releaseSlot = await this.#unlessCancelled(record, this.#slots.take());
      try {
        this.#checkCancelled(record);
        record.state = "RUNNING";
        await this.#execute(record, plan);
      } finally {
        releaseSlot();
      }
      return true;
    } finally {
      unlock();
    }
  }

  /** Waits for a turn; a cancel ends the wait, and the turn is given back when it comes. */
  async #unlessCancelled(record: JobRecord, turn: Promise<() => void>): Promise<() => void> {
    const cancel = Promise.withResolvers<never>();
    record.interrupt = () => cancel.reject(this.#stopped());
    try {
      this.#checkCancelled(record);
      return await Promise.race([turn, cancel.promise]);
    } catch (error) {
      void turn.then((giveBack) => giveBack());
      throw error;
    } finally {
      record.interrupt = null;
    }
  }

  #checkCancelled(record: JobRecord): void {
    if (this.#stopping || record.cancelRequested) throw this.#stopped();
  }

  #stopped(): WarehouseError {
    return new WarehouseError(
      "stopped",
      "Job execution was cancelled: User requested cancellation",
    );
  }

  async #execute(record: JobRecord, plan: JobPlan): Promise<void> {
    const { jobs } = this.#context;
    const document = await executePlan(this.#context, {
      document: record.document,
      plan,
      record,
      isCancelled: () => record.cancelRequested || this.#stopping,
    });
    jobs.finish(record, document);
  }

  async #end(record: JobRecord, failure: WarehouseError): Promise<void> {
    const { jobs } = this.#context;
    const { statistics } = record.document;
    const endTime = String(Date.now());
    const document: JobDocument = {
      ...record.document,
      statistics: { ...statistics, startTime: statistics["startTime"] ?? endTime, endTime },
      outcome: jobErrorsOf(failure),
    };
    await changeWarehouse(this.#context, [], (tx) => {
      dropTemporaryTables(tx, document);
      tx.atCommit.push(jobs.recording(document));
    });
    jobs.finish(record, document);
  }
}

function makePlan(context: WarehouseContext, job: JobDocument): Promise<JobPlan> {
  switch (jobType(job.configuration)) {
    case "QUERY":
      return planQuery(context, job);
    case "LOAD":
      return planLoad(context, job);
    case "EXTRACT":
      return planExtract(context, job);
    case "COPY":
      return planCopy(job);
  }
}
