import { closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import type { RowStream } from "./source.ts";

/*
 * Rows on their way into DuckDB, through a list of named pipes that it reads one after the other.
 *
 * Each gets the rows up to the stream's next cut, and DuckDB lets go of all that it read from one
 * when it opens the next: from a single pipe it needs 16 MiB more for each 100 MB of rows. What the
 * stream does not fill ends empty, also after a fault, since DuckDB waits at each pipe of its list.
 *
 * Pipes are written through sockets: a write that waits for the reader then takes no thread of Node's
 * pool, of which DuckDB's query holds one already. A pipe can be opened only once its reader has.
 */
export class RowFeed {
  readonly #stream: RowStream;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #pay: (bytes: number) => Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  /** Of `#rest`, in bytes from the stream's start. */
  #offset = 0;

  /** `pay` is called with the bytes of each chunk, and holds them up until it resolves. */
  constructor(stream: RowStream, pay: (bytes: number) => Promise<void> = () => Promise.resolve()) {
    this.#stream = stream;
    this.#pay = pay;
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Whether there are rows left. Throws the stream's error. */
  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      await this.#pay(next.value.length);
      this.#rest = next.value;
    }
    return true;
  }

  /** All that is left, where it goes into no pipes. */
  async *rest(): AsyncGenerator<Buffer> {
    while (await this.hasMore()) yield this.#take(this.#rest.length);
  }

  /** Until all pipes are read, or `isDone` says that nobody reads any more. */
  async fill(paths: string[], isDone: () => boolean): Promise<void> {
    let fault: unknown;
    for (const path of paths) {
      const fd = await openWhenRead(path, isDone);
      if (fd === null) break;
      if (fault === undefined) {
        await this.#writeSegment(fd).catch((error: unknown) => {
          fault = error;
        });
      } else closeSync(fd);
    }
    if (fault !== undefined) throw fault;
  }

  async #writeSegment(fd: number): Promise<void> {
    const socket = new Socket({ fd, readable: false, writable: true });
    const written = finished(socket, { readable: false });
    written.catch(() => undefined);
    try {
      let isEnd = false;
      while (!isEnd && (await this.hasMore())) {
        const [cut] = this.#stream.cuts;
        const length = cut === undefined ? this.#rest.length : cut - this.#offset;
        isEnd = length <= this.#rest.length && cut !== undefined;
        if (isEnd) this.#stream.cuts.shift();
        await write(socket, this.#take(length), written);
      }
      socket.end();
      await written;
    } finally {
      socket.destroy();
    }
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(taken.length);
    this.#offset += taken.length;
    return taken;
  }
}

async function write(socket: Socket, bytes: Buffer, written: Promise<void>): Promise<void> {
  if (socket.write(bytes)) return;
  await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), written]);
}

/** Looks often at first: DuckDB opens the next pipe at once where the last one was empty. */
const turns = 100;

async function openWhenRead(path: string, isDone: () => boolean): Promise<number | null> {
  for (let looks = 0; !isDone(); looks += 1) {
    const fd = openPipe(path);
    if (fd !== null) return fd;
    await (looks < turns ? turn() : delay(1));
  }
  return null;
}

function openPipe(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    // No reader yet; or no descriptor free, which must not leave the reader waiting for ever.
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENXIO" || code === "EMFILE" || code === "ENFILE") return null;
    throw error;
  }
}
