import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../shared/errors.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import type { JobPlan, WarehouseContext } from "./context.ts";
import type { WarehouseError } from "./contract.ts";
import { executePlan } from "./execute-plan.ts";
import { finishedDocument } from "./finished-document.ts";
import { awaitingJavascript } from "./javascript/sandbox.ts";
import { cancelled, isConflict, isFatal, jobErrorsOf, toWarehouseError } from "./job-errors.ts";
import { startDeadline } from "./job-limits.ts";
import { type JobDocument, jobType } from "./job-resource.ts";
import type { JobRecord } from "./job-store.ts";
import { planCopy } from "./run-copy-job.ts";
import { planExtract } from "./run-extract-job.ts";
import { planLoad } from "./run-load-job.ts";
import { planQuery } from "./run-query-job.ts";
import { executeScript } from "./script/execute-script.ts";
import { dropTemporaryTables, ScriptJob } from "./script/script-job.ts";
import { type ScriptText, scriptOf } from "./script/script-text.ts";
import { Turns } from "./turns.ts";

const interruptPeriodMs = 50;
/** DuckDB looks for interrupts between batches of rows; one batch may take long. */
const patienceMs = 5_000;

/**
 * Runs accepted jobs.
 *
 * A job is planned (which compiles its SQL), takes the locks of the tables it writes and then a
 * slot; a plan whose targets changed while it waited is made anew. What it does and its end are one
 * transaction: after a kill the job has either happened and is DONE, or nothing of it is there and
 * `resume` runs it again. A cancel interrupts until the commit begins; afterwards the job is done.
 * A statement that does not heed it in time is given up: the job ends, while the statement keeps its
 * locks and its turn until it has come to its end, which is a rollback.
 * Writers to one table go one after another by the locks, so DuckDB's conflicts are rare; a job that
 * meets one is planned and run again.
 *
 * A script (`script/`) commits its statements one by one, as BigQuery's do: each is a child job, and
 * its row is written with what it did. A script that is run again after a kill takes over what its
 * child jobs have done and goes on behind the last of them.
 */
export class JobRunner {
  readonly #context: WarehouseContext;
  readonly #turns: Turns;
  readonly #jobSeconds: number;
  readonly #onFatal: (error: unknown) => void;
  readonly #running = new Map<JobRecord, Promise<void>>();
  readonly #giveUp = new Map<JobRecord, () => void>();
  #stopping = false;

  constructor(options: {
    context: WarehouseContext;
    concurrency: number;
    /** How long a job may run. */
    jobSeconds: number;
    /** DuckDB can do nothing more: the process has to be started again. */
    onFatal: (error: unknown) => void;
  }) {
    this.#context = options.context;
    this.#turns = new Turns(options.concurrency);
    this.#jobSeconds = options.jobSeconds;
    this.#onFatal = options.onFatal;
  }

  get busy(): boolean {
    return this.#running.size > 0;
  }

  start(record: JobRecord): void {
    const endDeadline = startDeadline(record.document, this.#jobSeconds, (why) =>
      this.stopJob(record, why),
    );
    // A job whose end cannot be written leaves nothing to do but to start the process again.
    const running = this.#run(record)
      .catch(this.#onFatal)
      .finally(() => {
        endDeadline();
        this.#running.delete(record);
      });
    this.#running.set(record, running);
  }

  /** Starts what was accepted before the process ended. */
  resume(): void {
    for (const record of this.#context.jobs.unfinished()) this.start(record);
  }

  cancel(record: JobRecord): void {
    this.stopJob(record, cancelled());
  }

  /** Ends a job with this error; the first of several is told. */
  stopJob(record: JobRecord, why: WarehouseError): void {
    record.stop ??= why;
    this.#interrupt(record);
  }

  /** Those that have begun, the one that began first before the others. */
  running(): JobRecord[] {
    return [...this.#running.keys()].filter(({ state }) => state === "RUNNING");
  }

  /** Until it has ended: DuckDB forgets an interrupt that comes just before a statement begins. */
  #interrupt(record: JobRecord, waitedMs = 0): void {
    if (!this.#running.has(record)) return;
    record.interrupt?.();
    // Where nothing is to be interrupted the job sees by itself that it is to stop, or it commits.
    const waits = record.interrupt ? waitedMs + interruptPeriodMs : 0;
    if (waits > patienceMs && !this.#stopping) this.#giveUp.get(record)?.();
    setTimeout(() => this.#interrupt(record, waits), interruptPeriodMs);
  }

  /** Interrupts what runs, without an end on the jobs: the next start runs them again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const running = [...this.#running.keys()];
    await Promise.allSettled(running.map((record) => this.#context.jobs.keep(record)));
    for (const record of this.#running.keys()) this.#interrupt(record);
    const waiting = [...this.#running].filter(([{ state }]) => state !== "DONE");
    await Promise.all(waiting.map(([, run]) => run));
  }

  async #run(record: JobRecord): Promise<void> {
    const { catalog, log } = this.#context;
    const release = catalog.hold();
    const work = this.#attempt(record);
    const givenUp = Promise.withResolvers<never>();
    this.#giveUp.set(record, () => givenUp.reject(cancelled()));
    try {
      await Promise.race([work, givenUp.promise]);
    } catch (error) {
      if (isFatal(error)) {
        this.#onFatal(error);
        return;
      }
      if (this.#stopping) return;
      const found = toWarehouseError(error);
      const failure = found.reason === "stopped" ? (record.stop ?? found) : found;
      if (failure.reason === "internalError") {
        log.error({ err: error, job: record.document.jobId }, "job failed");
      }
      await this.#end(record, failure);
    } finally {
      await work.catch(() => undefined);
      this.#giveUp.delete(record);
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
      takeSlot: () => this.#unlessCancelled(record, this.#turns.take()),
      checkCancelled: () => this.#checkCancelled(record),
      isCancelled: () => record.stop !== null || this.#stopping,
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
      const releaseSlot = await this.#unlessCancelled(record, this.#turns.take());
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
    record.interrupt = () => cancel.reject(cancelled());
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
    if (this.#stopping || record.stop) throw cancelled();
  }

  async #execute(record: JobRecord, plan: JobPlan): Promise<void> {
    const { jobs } = this.#context;
    const document = await executePlan(this.#context, {
      document: record.document,
      plan,
      record,
      isCancelled: () => record.stop !== null || this.#stopping,
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
