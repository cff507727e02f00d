import { Worker } from "node:worker_threads";
import { scanReferences } from "../domain/table-references/scan-references.ts";

export interface SqlReferences {
  /** Names as written, without backticks, sorted; null where the parser refused the SQL. */
  ast: string[] | null;
  astError: string | null;
  scanner: string[];
}

export interface ParserRequest {
  sql: string;
  legacySql: boolean;
}

export interface ParserAnswer extends SqlReferences {
  /** The thread must be replaced before it reads anything else. */
  isBroken: boolean;
}

/** A request that waits for its answer. */
export interface ParserCall extends ParserRequest {
  /** Threads that ended while they had it. */
  crashes: number;
  /** `isFinal`: the same SQL would be answered so again. Not where load or a crash cut it short. */
  answer: (references: SqlReferences, isFinal: boolean) => void;
}

/**
 * One thread and the calls that it has been given.
 *
 * The thread answers in order, so that the first call of `given` is always the one that it works on.
 * Each answer starts the clock anew; when the deadline passes without one, that first call is
 * answered by the scanner alone, the thread is terminated, and the other calls go to a new one. When
 * the thread dies by itself its first call is tried once more, then answered by the scanner. A thread
 * that never becomes ready three times in a row is given up: the scanner then answers everything, so
 * that a broken parser costs precision and never a save.
 */
export class ParserLane {
  private worker: Worker | undefined;
  private given: ParserCall[] = [];
  private isReady = false;
  private failedStarts = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly options: LaneOptions;

  constructor(options: LaneOptions) {
    this.options = options;
  }

  get load(): number {
    return this.given.length;
  }

  give(call: ParserCall): void {
    if (this.failedStarts >= maxFailedStarts) {
      answerByScanner(call, "the parser does not start");
      return;
    }
    this.given.push(call);
    this.worker ??= this.start();
    this.worker.ref();
    this.worker.postMessage({ sql: call.sql, legacySql: call.legacySql } satisfies ParserRequest);
    if (this.isReady && this.given.length === 1) this.startClock();
  }

  async close(): Promise<void> {
    const { worker, given } = this;
    this.forget();
    this.given = [];
    for (const call of given) answerByScanner(call, "the parser was closed");
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.options.workerUrl, { resourceLimits });
    worker.on("message", (message: "ready" | ParserAnswer) => {
      if (worker === this.worker) this.receive(message);
    });
    worker.once("error", (error) => this.options.onTrouble(`the SQL parser failed: ${error}`));
    worker.once("exit", () => {
      if (worker === this.worker) this.died();
    });
    return worker;
  }

  private receive(message: "ready" | ParserAnswer): void {
    if (message === "ready") {
      this.isReady = true;
      this.failedStarts = 0;
      if (this.given.length > 0) this.startClock();
      return;
    }
    const { isBroken, ...references } = message;
    this.given.shift()?.answer(references, true);
    clearTimeout(this.timer);
    if (isBroken) this.replace(references.astError ?? "it broke");
    else if (this.given.length > 0) this.startClock();
    else this.worker?.unref();
    this.options.onAnswer();
  }

  private startClock(): void {
    clearTimeout(this.timer);
    const { deadlineMs } = this.options;
    this.timer = setTimeout(() => {
      const slow = this.given.shift();
      if (slow) answerByScanner(slow, `it took longer than ${deadlineMs} ms`);
      this.replace(`one SQL took longer than ${deadlineMs} ms`);
      this.options.onAnswer();
    }, deadlineMs);
    this.timer.unref();
  }

  private died(): void {
    if (!this.isReady) this.failedStarts += 1;
    const first = this.given[0];
    if (first && this.isReady) {
      first.crashes += 1;
      if (first.crashes > 1) {
        this.given.shift();
        answerByScanner(first, "the parser crashed on it");
      }
    }
    this.replace("its thread ended");
    this.options.onAnswer();
  }

  /** Goes on with a new thread; the calls given to the old one move to it. */
  private replace(reason: string): void {
    this.options.onTrouble(`the SQL parser is started anew: ${reason}`);
    const { worker, given } = this;
    this.forget();
    this.given = [];
    void worker?.terminate();
    for (const call of given) this.give(call);
  }

  private forget(): void {
    clearTimeout(this.timer);
    this.worker = undefined;
    this.isReady = false;
  }
}

export interface LaneOptions {
  workerUrl: URL;
  deadlineMs: number;
  /** There is room for another call. */
  onAnswer: () => void;
  onTrouble: (message: string) => void;
}

const maxFailedStarts = 3;
/** An SQL whose tree outgrows this ends its thread and not the daemon. */
const resourceLimits = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 };

/** What is left when the parser cannot be asked. */
export function answerByScanner(call: ParserCall, astError: string): void {
  const scanner = scanReferences(call.sql, { legacySql: call.legacySql });
  call.answer({ ast: null, astError, scanner }, false);
}
