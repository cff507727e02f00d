import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type pg from "pg";
import { collectGarbage } from "./collect-garbage.ts";

/*
 * `COPY … TO STDOUT` as a stream of its bytes, without a row becoming anything in JavaScript.
 *
 * PostgreSQL sends each row as a message: 'd', a length of four bytes (itself included), the row.
 * The stream takes the socket over from pg's parser once the statement is sent, moves the rows
 * together over the headers between them in the very chunk that the socket read, and gives the socket
 * back at CopyDone or at an error, with what is left of the chunk, so that pg sees the end of the
 * statement as of any other. It ends at CommandComplete, when the server has said how many rows
 * there were: `sourceRows`. Backpressure pauses the socket.
 */

const copyData = 0x64;
const copyDone = 0x63;
const errorResponse = 0x45;
const headerBytes = 5;

export class CopyOutStream extends Readable implements pg.Submittable {
  /** The server's own count, known at the end. */
  sourceRows: number | null = null;
  /** Rows so far. */
  rows = 0;
  bytes = 0;
  readonly #statement: string;
  #connection: pg.Connection | undefined;
  #parser: ((chunk: Buffer) => void) | undefined;
  #header = Buffer.alloc(0);
  /** What is left of the message under way, and whether it is a row. */
  #left = 0;
  #isRow = false;

  constructor(statement: string) {
    super({ highWaterMark: 64 * 1024 });
    this.#statement = statement;
    // It may fail before anyone reads it; `errored` and a later pipeline tell, the process lives on.
    this.on("error", () => undefined);
  }

  submit(connection: pg.Connection): void {
    this.#connection = connection;
    const socket = this.#socket();
    const [parser] = socket.listeners("data");
    if (typeof parser !== "function") throw new Error("pg does not listen on its socket");
    this.#parser = parser as (chunk: Buffer) => void;
    socket.off("data", this.#parser);
    socket.on("data", this.#onData);
    connection.query(this.#statement);
  }

  override _read(): void {
    if (this.#parser) this.#socket().resume();
  }

  handleCommandComplete(message: { text?: string }): void {
    this.sourceRows = Number(/^COPY (\d+)/.exec(message.text ?? "")?.[1] ?? Number.NaN);
    this.push(null);
  }

  handleError(error: Error): void {
    this.#giveBack(Buffer.alloc(0));
    this.destroy(error);
  }

  handleReadyForQuery(): void {
    // An answer that ends without a count is no COPY: the reader must not wait for ever.
    if (this.sourceRows === null) this.destroy(new Error("the statement was no COPY"));
  }

  readonly #onData = (chunk: Buffer) => {
    let from = 0;
    let to = 0;
    while (from < chunk.length) {
      if (this.#left === 0) {
        const next = this.#readHeader(chunk, from);
        if (next === null) break;
        if (next === "end") {
          const rest = Buffer.concat([this.#header, chunk.subarray(from)]);
          this.#emitRows(chunk.subarray(0, to));
          this.#giveBack(rest);
          return;
        }
        from = next;
        continue;
      }
      const length = Math.min(this.#left, chunk.length - from);
      if (this.#isRow) {
        chunk.copyWithin(to, from, from + length);
        to += length;
      }
      this.#left -= length;
      from += length;
    }
    this.#emitRows(chunk.subarray(0, to));
  };

  /** Where the message's content begins; null: more bytes are needed; "end": the rows are over. */
  #readHeader(chunk: Buffer, from: number): number | "end" | null {
    const missing = headerBytes - this.#header.length;
    const available = Math.min(missing, chunk.length - from);
    const header =
      this.#header.length === 0
        ? chunk.subarray(from, from + available)
        : Buffer.concat([this.#header, chunk.subarray(from, from + available)]);
    const type = header[0];
    if (type === copyDone || type === errorResponse) return "end";
    if (header.length < headerBytes) {
      this.#header = Buffer.from(header);
      return null;
    }
    this.#header = Buffer.alloc(0);
    this.#left = header.readUInt32BE(1) - 4;
    this.#isRow = type === copyData;
    if (this.#isRow) this.rows += 1;
    return from + available;
  }

  #emitRows(rows: Buffer): void {
    if (rows.length === 0) return;
    this.bytes += rows.length;
    collectGarbage(rows.length);
    if (!this.push(rows)) this.#socket().pause();
  }

  #giveBack(rest: Buffer): void {
    const parser = this.#parser;
    if (!parser) return;
    this.#parser = undefined;
    const socket = this.#socket();
    socket.off("data", this.#onData);
    socket.on("data", parser);
    if (rest.length > 0) parser(rest);
    socket.resume();
  }

  #socket(): Socket {
    if (!this.#connection) throw new Error("not submitted yet");
    return this.#connection.stream as Socket;
  }
}
