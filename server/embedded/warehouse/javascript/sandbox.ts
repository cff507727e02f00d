import { setTimeout as delay } from "node:timers/promises";
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { messageOf } from "../../../../shared/errors.ts";
import { WarehouseError } from "../contract.ts";

export interface SandboxRequest {
  /** JSON: code, parameters and result. */
  spec: string;
  /** JSON: the arguments of every row. */
  rows: string;
}

export type SandboxAnswer = { answer: string } | { error: string };

/** How long the server stands still for JavaScript at a time, and how long one batch of rows may take. */
const sliceMs = 200;
const limitMs = 60_000;
const startMs = 10_000;
const keptAnswers = 500;
const keptCharacters = 16 * 2 ** 20;
const maxAttempts = 400;
const pendingText = "a JavaScript function of the query is still running";
const ownText = `${pendingText}, begun by this statement`;

interface Running {
  key: string;
  port: MessagePort;
  since: number;
}

/**
 * JavaScript functions, computed in a thread of their own.
 *
 * DuckDB calls a function on the main thread and waits for its result there, so the whole server
 * stands still while it is computed. What takes longer than a slice therefore ends the statement with
 * `pending`: the thread goes on computing, the job waits for it without holding anything up
 * (`settled`), and runs again, when the answer lies ready. What takes longer than the limit ends with
 * its thread.
 */
export class JavascriptSandbox {
  #worker: { thread: Worker; port: MessagePort; signal: Int32Array } | null = null;
  #running: Running | null = null;
  readonly #answers = new Map<string, SandboxAnswer>();

  /** The results of some rows; null for NULL. Throws what the code throws, or `pending`. */
  compute(request: SandboxRequest): (string | null)[] {
    const key = `${request.spec}\n${request.rows}`;
    const known = this.#answers.get(key);
    if (known) return valuesOf(known);
    if (this.#running && this.#running.key !== key) throw new Error(pendingText);
    const worker = this.#worker ?? this.#start();
    if (!this.#running) {
      Atomics.store(worker.signal, 0, 0);
      worker.port.postMessage(request);
      this.#running = { key, port: worker.port, since: performance.now() };
    }
    Atomics.wait(worker.signal, 0, 0, sliceMs);
    const answer = this.#collect();
    if (!answer) throw new Error(ownText);
    return valuesOf(answer);
  }

  /** Until what runs has ended, by itself or by the limit. Its answer is kept for the next attempt. */
  async settled(checkCancelled: () => void): Promise<void> {
    while (this.#running) {
      const { key } = this.#running;
      const answer = this.#collect();
      if (answer) return this.#keep(key, answer);
      await delay(20);
      checkCancelled();
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#running = null;
    await worker?.thread.terminate();
  }

  #collect(): SandboxAnswer | null {
    const running = this.#running;
    if (!running) return null;
    const received = receiveMessageOnPort(running.port) as { message: SandboxAnswer } | undefined;
    const isOver = performance.now() - running.since > limitMs;
    if (!received && !isOver) return null;
    this.#running = null;
    // The memory of its engine only ever grows, and goes with the thread.
    if (!received || isOutOfMemory(received.message)) void this.close();
    return received?.message ?? { error: "UDF timed out" };
  }

  #keep(key: string, answer: SandboxAnswer): void {
    this.#answers.set(key, answer);
    let characters = 0;
    for (const [kept, value] of this.#answers) {
      characters += kept.length + ("answer" in value ? value.answer.length : 0);
    }
    while (
      this.#answers.size > keptAnswers ||
      (characters > keptCharacters && this.#answers.size > 1)
    ) {
      const [oldest = ""] = this.#answers.keys();
      const value = this.#answers.get(oldest);
      characters -= oldest.length + (value && "answer" in value ? value.answer.length : 0);
      this.#answers.delete(oldest);
    }
  }

  #start() {
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Worker(new URL("./sandbox.worker.ts", import.meta.url), {
      workerData: { port: port2, signal },
      transferList: [port2],
      env: {},
    });
    // What ends the thread ends what it computes, by the limit.
    thread.on("error", () => undefined);
    thread.unref();
    port1.unref();
    Atomics.wait(signal, 1, 0, startMs);
    this.#worker = { thread, port: port1, signal };
    return this.#worker;
  }
}

function isOutOfMemory(answer: SandboxAnswer): boolean {
  return "error" in answer && /out of memory|string too long/.test(answer.error);
}

function valuesOf(answer: SandboxAnswer): (string | null)[] {
  if ("error" in answer) throw new Error(inWordsOfBigQuery(answer.error));
  return JSON.parse(answer.answer) as (string | null)[];
}

/** QuickJS's errors as V8 and BigQuery call them. */
function inWordsOfBigQuery(error: string): string {
  return error
    .replace(/^InternalError: out of memory.*/s, "UDF out of memory")
    .replace(/^InternalError: string too long/, "RangeError: Invalid string length")
    .replace(/^InternalError: stack overflow/, "RangeError: Maximum call stack size exceeded")
    .replace(/^ReferenceError: '(.*)' is not defined/, "ReferenceError: $1 is not defined")
    .replace(/^TypeError: (Failed to coerce output value)/, "$1");
}

export function isPending(error: unknown): boolean {
  return messageOf(error).includes(pendingText);
}

export const sandbox = new JavascriptSandbox();

/** Runs the work again when the JavaScript that it waited for is ready. */
export async function awaitingJavascript<T>(
  work: () => Promise<T>,
  checkCancelled: () => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPending(error)) throw error;
      if (attempt >= maxAttempts) {
        throw new WarehouseError(
          "resourcesExceeded",
          "Resources exceeded during query execution: UDF timed out",
        );
      }
      await sandbox.settled(checkCancelled).catch(async (cancel: unknown) => {
        // Nobody waits for it any more, and it may never end.
        if (messageOf(error).includes(ownText)) await sandbox.close();
        throw cancel;
      });
    }
  }
}
