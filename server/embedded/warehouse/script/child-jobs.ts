import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { changeWarehouse } from "../change-warehouse.ts";
import type { JobPlan, JobResult, WarehouseContext } from "../context.ts";
import type { WarehouseError } from "../contract.ts";
import { executePlan } from "../execute-plan.ts";
import { awaitingJavascript } from "../javascript/sandbox.ts";
import { isConflict, isFatal, jobErrorsOf, toWarehouseError } from "../job-errors.ts";
import type { JobDocument } from "../job-resource.ts";
import { position } from "../sql/parse/positions.ts";
import type { Frame } from "./frames.ts";
import type { ScriptHost } from "./script-host.ts";
import type { ScriptText } from "./script-text.ts";

/** What is run as a child job, and where it stands. */
export interface Evaluation {
  kind: "STATEMENT" | "EXPRESSION";
  frame: Frame;
  start: number;
  end: number;
}

/** A name of the script's job that fits into others. */
export function keyOf(job: JobDocument): string {
  return createHash("md5").update(`${job.projectId}.${job.jobId}`).digest("hex");
}

const attempts = 8;

/** The child jobs of a script: those of before a kill, and the new ones. */
export class ChildJobs {
  readonly #context: WarehouseContext;
  readonly #job: JobDocument;
  readonly #known: JobDocument[];
  #next = 0;
  readonly #done: JobDocument[] = [];
  /** Set while a transaction of the script is open: their rows are written with its end. */
  pending: JobDocument[] | null = null;

  constructor(context: WarehouseContext, job: JobDocument) {
    this.#context = context;
    this.#job = job;
    const numberOf = ({ jobId }: JobDocument) => Number(jobId.slice(jobId.lastIndexOf("_") + 1));
    this.#known = context.jobs
      .children(job.projectId, job.jobId)
      .sort((a, b) => numberOf(a) - numberOf(b));
  }

  get done(): readonly JobDocument[] {
    return this.#done;
  }

  /** The next child job: its outcome of before, or what `run` makes of it. */
  async next(
    evaluation: Evaluation,
    run: (child: JobDocument) => Promise<JobDocument>,
  ): Promise<JobDocument> {
    const known = this.#known[this.#next];
    this.#next += 1;
    const document = known ?? (await this.#runNew(evaluation, run));
    this.#done.push(document);
    return document;
  }

  async #runNew(
    evaluation: Evaluation,
    run: (child: JobDocument) => Promise<JobDocument>,
  ): Promise<JobDocument> {
    const child = this.#childDocument(evaluation);
    try {
      return await run(child);
    } catch (error) {
      if (isFatal(error)) throw error;
      const failure = toWarehouseError(error);
      // A cancel is the script's own end.
      if (failure.reason === "stopped") throw failure;
      if (failure.reason === "internalError") throw error;
      const document = failed(child, failure);
      if (this.pending) this.pending.push(document);
      else await this.#recordFailed(document);
      return document;
    }
  }

  async #recordFailed(document: JobDocument): Promise<void> {
    const { jobs } = this.#context;
    await changeWarehouse(
      this.#context,
      [],
      (tx) => void tx.atCommit.push(jobs.recording(document)),
    );
    jobs.addDone(document);
  }

  #childDocument({ kind, frame, start, end }: Evaluation): JobDocument {
    const { projectId, location, userEmail, configuration, jobId } = this.#job;
    const now = String(Date.now());
    const {
      query,
      destinationTable: _,
      ...rest
    } = configuration["query"] as Record<string, unknown>;
    const [startLine, startColumn] = lineAndColumn(frame.source, start);
    const [endLine, endColumn] = lineAndColumn(frame.source, end);
    const text = frame.source.slice(start, end);
    return {
      projectId,
      location,
      userEmail,
      jobId: `script_job_${keyOf(this.#job)}_${this.#next - 1}`,
      configuration: {
        ...(configuration.labels ? { labels: configuration.labels } : {}),
        jobType: "QUERY",
        query: { ...rest, query: text },
      },
      statistics: {
        creationTime: now,
        startTime: now,
        parentJobId: jobId,
        scriptStatistics: {
          evaluationKind: kind,
          stackFrames: [
            {
              startLine,
              startColumn,
              endLine,
              endColumn,
              ...(frame.name === "" ? {} : { procedureId: frame.name }),
              text,
            },
          ],
        },
      },
      outcome: null,
    };
  }

  /** In a transaction of its own. Where another job changed the same rows it is planned again. */
  async runAlone(
    host: ScriptHost,
    child: JobDocument,
    plan: (child: JobDocument) => Promise<JobPlan>,
  ): Promise<JobDocument> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const attempted = async () => this.#attempt(host, child, await plan(child));
        const document = await awaitingJavascript(attempted, host.checkCancelled);
        if (document) return document;
      } catch (error) {
        if (!isConflict(error) || attempt >= attempts) throw error;
        await delay(10 * 2 ** attempt);
      }
    }
  }

  async #attempt(host: ScriptHost, child: JobDocument, plan: JobPlan): Promise<JobDocument | null> {
    const unlock = await host.takeLocks(plan.locks);
    try {
      if (!plan.stillValid()) return null;
      const releaseSlot = await host.takeSlot();
      try {
        return await this.#execute(host, child, plan);
      } finally {
        releaseSlot();
      }
    } finally {
      unlock();
    }
  }

  async #execute(host: ScriptHost, child: JobDocument, plan: JobPlan): Promise<JobDocument> {
    const { jobs } = this.#context;
    const document = await executePlan(this.#context, {
      document: child,
      plan,
      record: host.record,
      isCancelled: host.isCancelled,
    });
    jobs.addDone(document);
    return document;
  }

  /** The script's own statistics: the sums of its child jobs'. */
  totals({ statementType }: ScriptText): JobResult["statistics"] {
    const sum = (key: string) =>
      String(this.#done.reduce((total, { statistics }) => total + numberIn(statistics, key), 0));
    const totalBytesProcessed = sum("totalBytesProcessed");
    const totalSlotMs = sum("totalSlotMs");
    return {
      totalBytesProcessed,
      totalSlotMs,
      ...(statementType === "SCRIPT" ? { numChildJobs: String(this.#done.length) } : {}),
      query: {
        statementType,
        totalBytesProcessed,
        totalBytesBilled: String(this.billed),
        totalSlotMs,
        cacheHit: false,
      },
    };
  }

  get billed(): number {
    return this.#done.reduce(
      (total, { statistics }) => total + numberIn(statistics["query"], "totalBytesBilled"),
      0,
    );
  }
}

function numberIn(object: unknown, key: string): number {
  return Number((object as Record<string, unknown> | undefined)?.[key] ?? 0);
}

function failed(child: JobDocument, failure: WarehouseError): JobDocument {
  return {
    ...child,
    statistics: { ...child.statistics, endTime: String(Date.now()) },
    outcome: jobErrorsOf(failure),
  };
}

function lineAndColumn(sql: string, offset: number): number[] {
  return position(sql, offset).slice(1, -1).split(":").map(Number);
}
