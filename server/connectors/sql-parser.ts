import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Log } from "../support/log.ts";
import {
  answerByScanner,
  type ParserCall,
  ParserLane,
  type SqlReferences,
} from "./sql-parser-lane.ts";

export type { SqlReferences } from "./sql-parser-lane.ts";

/** Reads the tables that BigQuery SQL depends on, off the event loop. */
export interface SqlParser {
  /** Never throws for SQL it cannot read: `astError` says why, the scanner's answer stands alone. */
  references(sql: string, options: { legacySql: boolean }): Promise<SqlReferences>;
  close(): Promise<void>;
}

export interface SqlParserOptions {
  /** How long the parser may take for one SQL before the scanner's answer stands alone. */
  deadlineMs?: number;
  /** Threads at most; the second one starts only when calls pile up. */
  threads?: number;
  /** Answers kept, by the SQL's hash. */
  cacheSize?: number;
  /** Another worker file, for tests of threads that hang or die. */
  workerUrl?: URL;
  log?: Log;
}

/** Calls that a thread holds at once: enough that it never waits for the next. */
const callsPerThread = 16;

/** Starts no thread before the first call, and keeps no process alive while it is idle. */
export function createSqlParser(options: SqlParserOptions = {}): SqlParser {
  const threads = options.threads ?? Math.min(2, availableParallelism());
  const cache = new AnswerCache(options.cacheSize ?? 20_000);
  const queue = new CallQueue();
  const lanes = Array.from({ length: threads }, () => {
    return new ParserLane({
      workerUrl: options.workerUrl ?? new URL("./sql-parser.worker.ts", import.meta.url),
      deadlineMs: options.deadlineMs ?? 5_000,
      onAnswer: feed,
      onTrouble: (message) => options.log?.warn(message),
    });
  });

  function feed(): void {
    for (const lane of lanes) {
      while (lane.load < callsPerThread) {
        const call = queue.take();
        if (!call) return;
        lane.give(call);
      }
    }
  }

  return {
    references(sql, { legacySql }) {
      const key = `${legacySql}${createHash("sha256").update(sql).digest("base64")}`;
      return cache.get(key, () => {
        return new Promise<SqlReferences>((resolve) => {
          const answer = (references: SqlReferences, isFinal: boolean) => {
            if (!isFinal) cache.forget(key);
            resolve(references);
          };
          queue.add({ sql, legacySql, crashes: 0, answer });
          feed();
        });
      });
    },
    async close() {
      queue.close();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

const closedError = "the parser was closed";

/** First in, first out, without moving what waits. */
class CallQueue {
  private calls: ParserCall[] = [];
  private first = 0;
  private isClosed = false;

  add(call: ParserCall): void {
    if (this.isClosed) answerByScanner(call, closedError);
    else this.calls.push(call);
  }

  take(): ParserCall | undefined {
    const call = this.calls[this.first];
    if (call === undefined) {
      this.calls = [];
      this.first = 0;
      return undefined;
    }
    this.first += 1;
    return call;
  }

  close(): void {
    this.isClosed = true;
    for (let call = this.take(); call; call = this.take()) answerByScanner(call, closedError);
  }
}

/** The answers used last; calls for the same SQL at the same time share one. */
class AnswerCache {
  private readonly size: number;
  private readonly answers = new Map<string, Promise<SqlReferences>>();

  constructor(size: number) {
    this.size = size;
  }

  get(key: string, make: () => Promise<SqlReferences>): Promise<SqlReferences> {
    const known = this.answers.get(key);
    if (known) this.answers.delete(key);
    const answer = known ?? make();
    // A map iterates in insertion order: the first key is the one not used for longest.
    this.answers.set(key, answer);
    if (this.answers.size > this.size) {
      const [oldest] = this.answers.keys();
      if (oldest !== undefined) this.answers.delete(oldest);
    }
    return answer;
  }

  forget(key: string): void {
    this.answers.delete(key);
  }
}
