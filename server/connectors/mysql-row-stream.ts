import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { Connection } from "mysql2";
import { MaestroError } from "../../shared/errors.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { type CellEncoding, MysqlCellWriter } from "./mysql-cell-writer.ts";
import { breakMysql, socketOf } from "./mysql-connection.ts";
import type { RowStream } from "./source.ts";

/*
 * The rows of a SELECT as CSV, made from the server's packets without a row becoming anything in
 * JavaScript (protocol: "COM_QUERY Response", text resultset).
 *
 * The stream takes the socket over from mysql2's parser before the statement is sent:
 *
 *   count     one packet: how many columns
 *   columns   one packet each, and an EOF packet; mysql2 never negotiates CLIENT_DEPRECATE_EOF
 *   rows      a packet a row, of length-encoded cells; one of 16 MiB − 1 goes on in the next
 *   the end   an EOF packet or an error, where no row can begin so
 *
 * A packet is four bytes of header (length, sequence number) and its content. Cells are written as
 * they come, whatever the chunks' borders, so that no row is ever held. At the end the socket goes back
 * to mysql2 with the one packet that makes its statement end: an OK in the place of the EOF, or the
 * error itself. Then the server is asked how many rows it sent, and what it warned of.
 *
 * A server that asks for a local file instead is refused. Backpressure pauses the socket.
 */

const headerBytes = 4;
const fullPacket = 0xff_ffff;
const okMarker = 0x00;
const localFileMarker = 0xfb;
const twoByteLength = 0xfc;
const eofMarker = 0xfe;
const errorMarker = 0xff;

/** Warnings under which a value is not what the SQL says: MySQL gives another one, and goes on. */
const lossyWarnings = new Set([
  1264, 1265, 1292, 1300, 1301, 1365, 1366, 1411, 1441, 1690, 1903, 1918, 1977, 3020,
]);

type Phase = "count" | "columns" | "columnsEnd" | "rows";

export class MysqlRowStream extends Readable implements RowStream {
  /** The server's own count, known at the end. */
  sourceRows: number | null = null;
  bytes = 0;
  readonly #core: Connection;
  readonly #socket: Socket;
  readonly #cells: MysqlCellWriter;
  #parser: ((chunk: Buffer) => void) | undefined;
  #phase: Phase = "count";
  #columnsLeft = 0;
  #header = Buffer.alloc(0);
  /** The sequence number that the next packet must have. */
  #sequence = 1;
  /** Of the packet under way. */
  #left = 0;
  #isFull = false;
  /** Within a row of several packets. */
  #continues = false;
  /** Whether the first byte of the packet is still to be looked at. */
  #isNew = false;
  /** What there is of a packet that is no row. */
  #control: Buffer[] | null = null;

  constructor(core: Connection, statement: string, encodings: CellEncoding[]) {
    super({ highWaterMark: 64 * 1024 });
    this.#core = core;
    this.#socket = socketOf(core);
    this.#cells = new MysqlCellWriter(encodings);
    // It may fail before anyone reads it; `errored` and a later pipeline tell, the process lives on.
    this.on("error", () => undefined);
    const [parser] = this.#socket.listeners("data");
    if (typeof parser !== "function") throw new Error("mysql2 does not listen on its socket");
    this.#parser = parser as (chunk: Buffer) => void;
    this.#socket.off("data", this.#parser);
    this.#socket.on("data", this.#onData);
    core.query(statement, (error) => void this.#finish(error));
  }

  /** Rows so far. */
  get rows(): number {
    return this.#cells.rows;
  }

  override _read(): void {
    if (this.#parser) this.#socket.resume();
  }

  async #finish(error: Error | null): Promise<void> {
    this.#giveBack(Buffer.alloc(0));
    if (error) {
      this.destroy(error);
      return;
    }
    try {
      const warnings = await this.#ask("show warnings");
      const [counted] = await this.#ask("select found_rows() as found");
      refuseLossy(warnings);
      this.sourceRows = Number(counted?.["found"]);
      if (this.sourceRows !== this.rows) {
        throw new Error(`the server sent ${this.sourceRows} rows, but ${this.rows} arrived`);
      }
      this.push(null);
    } catch (fault) {
      this.destroy(fault instanceof Error ? fault : new Error(String(fault)));
    }
  }

  #ask(statement: string): Promise<Record<string, unknown>[]> {
    return new Promise((resolve, reject) => {
      this.#core.query(statement, (error, rows) =>
        error ? reject(error) : resolve(rows as Record<string, unknown>[]),
      );
    });
  }

  readonly #onData = (chunk: Buffer) => {
    let at = 0;
    this.#cells.begin(chunk);
    while (this.#parser && at < chunk.length) {
      at = this.#left === 0 && !this.#isNew ? this.#readHeader(chunk, at) : this.#read(chunk, at);
      if (this.#left === 0 && !this.#isNew) this.#endPacket(chunk, at);
    }
    const rows = this.#cells.take();
    if (rows.length === 0) return;
    this.bytes += rows.length;
    // The chunk, and of the buffer that is written to what may stay empty.
    collectGarbage(3 * rows.length);
    if (!this.push(rows) && this.#parser) this.#socket.pause();
  };

  /** Where the content begins, or the chunk's end where more bytes are needed. */
  #readHeader(chunk: Buffer, at: number): number {
    const until = Math.min(chunk.length, at + headerBytes - this.#header.length);
    const read = chunk.subarray(at, until);
    const header = this.#header.length === 0 ? read : Buffer.concat([this.#header, read]);
    if (header.length < headerBytes) {
      this.#header = Buffer.from(header);
      return until;
    }
    this.#header = Buffer.alloc(0);
    this.#left = header.readUIntLE(0, 3);
    this.#isFull = this.#left === fullPacket;
    if (header[3] !== this.#sequence) {
      this.#fail(`a packet is lost: number ${header[3]} came, not ${this.#sequence}`);
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    this.#isNew = this.#left > 0 && !this.#continues;
    return until;
  }

  /** Reads of the packet what the chunk has of it. */
  #read(chunk: Buffer, at: number): number {
    if (this.#isNew) {
      this.#isNew = false;
      if (this.#phase !== "rows" || isEnd(chunk[at] ?? 0, this.#left)) this.#control = [];
    }
    const until = Math.min(chunk.length, at + this.#left);
    this.#left -= until - at;
    if (this.#control) this.#control.push(Buffer.from(chunk.subarray(at, until)));
    else this.#cells.write(at, until);
    return until;
  }

  #endPacket(chunk: Buffer, at: number): void {
    if (this.#header.length > 0) return;
    this.#continues = this.#isFull;
    this.#isFull = false;
    if (this.#continues) return;
    if (!this.#control) {
      if (!this.#cells.isRowWhole) this.#fail("a row has not as many cells as columns");
      return;
    }
    const content = Buffer.concat(this.#control);
    this.#control = null;
    this.#readControl(content, chunk.subarray(at));
  }

  #readControl(content: Buffer, rest: Buffer): void {
    if (content[0] === errorMarker) {
      this.#giveBack(Buffer.concat([packet(content), rest]));
    } else if (this.#phase === "count") {
      this.#readCount(content);
    } else if (this.#phase === "columns") {
      this.#columnsLeft -= 1;
      if (this.#columnsLeft === 0) this.#phase = "columnsEnd";
    } else if (this.#phase === "columnsEnd") {
      this.#phase = "rows";
    } else {
      this.#giveBack(Buffer.concat([packet(okOf(content)), rest]));
    }
  }

  #readCount(content: Buffer): void {
    const [marker] = content;
    this.#columnsLeft = marker === twoByteLength ? content.readUInt16LE(1) : (marker ?? 0);
    this.#phase = "columns";
    if (marker === localFileMarker) this.#fail("it asks for a file of this machine");
    else if (this.#columnsLeft !== this.#cells.columns)
      this.#fail("its columns are not as described");
  }

  #giveBack(rest: Buffer): void {
    const parser = this.#parser;
    if (!parser) return;
    this.#parser = undefined;
    this.#socket.off("data", this.#onData);
    this.#socket.on("data", parser);
    if (rest.length > 0) parser(rest);
    this.#socket.resume();
  }

  /** The protocol is not as expected: nothing that follows can be trusted. */
  #fail(why: string): void {
    this.destroy(new Error(`the server's answer is not as expected: ${why}`));
    this.#parser = undefined;
    breakMysql(this.#core);
  }
}

/** A cell can begin so only where it is of 16 MiB at least. */
function isEnd(first: number, length: number): boolean {
  return first === errorMarker || (first === eofMarker && length < fullPacket);
}

/** As the first of an answer. */
function packet(content: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(content.length, 0, 3);
  header[3] = 1;
  return Buffer.concat([header, content]);
}

/** EOF is its marker, warnings and status; OK its marker, rows, an id, status and warnings. */
function okOf(eof: Buffer): Buffer {
  return Buffer.from([okMarker, 0, 0, eof[3] ?? 0, eof[4] ?? 0, eof[1] ?? 0, eof[2] ?? 0]);
}

function refuseLossy(warnings: Record<string, unknown>[]): void {
  const lossy = warnings.find((warning) => lossyWarnings.has(Number(warning["Code"])));
  if (!lossy) return;
  throw new MaestroError(
    "database",
    `the source cannot compute what the import's SQL asks for: ${String(lossy["Message"])}`,
  );
}
