import { isUtf8 } from "node:buffer";
import { MaestroError } from "../../shared/errors.ts";
import { isNoText } from "./cell-faults.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * The cells of a source's CSV (source.ts says how it is written), found in chunks that may end
 * anywhere. Each cell is handed to the sink of its column as a range of bytes, so that no value
 * becomes anything in JavaScript that its type does not ask for. Only a cell that is not whole yet is
 * kept for the next chunk, and what was searched of it is not searched again.
 */

/** What takes the cells of a column, one for each row. */
export interface CellSink {
  readonly column: SourceColumn;
  /** The bytes between the quotes; `isEscaped`: a quote among them is doubled. Valid during the call. */
  add(bytes: Buffer, from: number, to: number, isEscaped: boolean): void;
  addNull(): void;
}

const quote = 0x22;
const comma = 0x2c;
const newline = 0x0a;
const nullMarker = 0x4e;
/** Up to here a loop finds the end of a cell sooner than a call does. */
const shortCell = 32;

const firstBytes = 128 * 1024;
/** A larger buffer, which a long cell needed, is not kept when the next chunks fill little of it. */
const mostKeptBytes = 4 * 2 ** 20;
const leastFilled = 1 / 8;

const noEnd = -1;

interface CellPlace {
  at: number;
  column: number;
  row: number;
}

export class CsvCells {
  /** Whole rows so far. */
  rows = 0;
  /** Bytes of whole rows so far. */
  bytes = 0;
  readonly #sinks: CellSink[];
  readonly #mostRowBytes: number;
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #at = 0;
  #end = 0;
  #column = 0;
  #rowBytes = 0;
  /** Of the cell at `#at`: what was searched already, and whether there was a doubled quote. */
  #searched = 0;
  #isEscaped = false;

  constructor(sinks: CellSink[], mostRowBytes: number) {
    this.#sinks = sinks;
    this.#mostRowBytes = mostRowBytes;
  }

  push(chunk: Buffer): void {
    const kept = this.#end - this.#at;
    if (this.#rowBytes + kept > this.#mostRowBytes) throw tooLarge();
    const needed = kept + chunk.length;
    const from = this.#bytes;
    const isTooLarge = from.length > mostKeptBytes && needed < from.length * leastFilled;
    if (needed >= from.length || isTooLarge) this.#bytes = Buffer.allocUnsafeSlow(needed * 2);
    from.copy(this.#bytes, 0, this.#at, this.#end);
    chunk.copy(this.#bytes, kept);
    // A search ends here: what is behind is of chunks before, and may be a hundred megabytes.
    this.#bytes[needed] = quote;
    this.#at = 0;
    this.#end = needed;
  }

  /** Hands on what there is, up to the end of a row with which `isFull`. True: it was. */
  readUntil(isFull: () => boolean): boolean {
    const from = { at: this.#at, column: this.#column, row: this.rows + 1 };
    try {
      while (this.#at < this.#end) {
        if (!this.#readCell()) return false;
        if (this.#column === 0 && isFull()) return true;
      }
      return false;
    } finally {
      this.#check(from);
    }
  }

  /** Throws unless the last row is whole. */
  finish(): void {
    if (this.#column > 0 || this.#at < this.#end) throw unexpected("it ends within a row");
  }

  #readCell(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    const sink = this.#sinks[this.#column];
    if (!sink) throw unexpected("a row has more cells than columns");
    let next = at + 1;
    if (bytes[at] === quote) {
      const end = this.#endOfText(at + 1);
      if (end === noEnd) return false;
      sink.add(bytes, at + 1, end, this.#isEscaped);
      this.#searched = 0;
      this.#isEscaped = false;
      next = end + 1;
    } else {
      if (next >= this.#end) return false;
      if (bytes[at] !== nullMarker) throw unexpected("a value is not quoted");
      sink.addNull();
    }
    this.#endCell(bytes[next] ?? 0, next + 1 - at);
    this.#at = next + 1;
    return true;
  }

  /** Where the quote is that ends the text; what follows it is there too. */
  #endOfText(from: number): number {
    const bytes = this.#bytes;
    const last = this.#end - 1;
    let at = from + this.#searched;
    for (;;) {
      const soon = Math.min(last, at + shortCell);
      while (at < soon && bytes[at] !== quote) at++;
      if (at === soon && at < last) {
        const found = bytes.indexOf(quote, at);
        at = found < 0 || found > last ? last : found;
      }
      if (at >= last) {
        this.#searched = at - from;
        return noEnd;
      }
      if (bytes[at + 1] !== quote) return at;
      this.#isEscaped = true;
      at += 2;
    }
  }

  #endCell(separator: number, length: number): void {
    this.#rowBytes += length;
    this.#column += 1;
    const isLast = this.#column === this.#sinks.length;
    if (separator !== (isLast ? newline : comma)) {
      throw unexpected("a row has not as many cells as columns");
    }
    if (!isLast) return;
    if (this.#rowBytes > this.#mostRowBytes) throw tooLarge();
    this.bytes += this.#rowBytes;
    this.rows += 1;
    this.#rowBytes = 0;
    this.#column = 0;
  }

  /** A database that knows no character sets may hold anything in its texts. */
  #check(from: CellPlace): void {
    if (isUtf8(this.#bytes.subarray(from.at, this.#at))) return;
    let { at, column, row } = from;
    while (at < this.#at) {
      const end = this.#endOfCell(at);
      const sink = this.#sinks[column];
      const cell = this.#bytes.subarray(at, end);
      if (sink && !isUtf8(cell)) throw isNoText(sink.column, row, cell);
      at = end + 1;
      column = (column + 1) % this.#sinks.length;
      if (column === 0) row += 1;
    }
  }

  /** Of a cell that was read: where what separates it from the next one is. */
  #endOfCell(from: number): number {
    const bytes = this.#bytes;
    if (bytes[from] !== quote) return from + 1;
    let at = bytes.indexOf(quote, from + 1);
    while (bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2);
    return at + 1;
  }
}

function tooLarge(): MaestroError {
  return new MaestroError(
    "database",
    "a row is larger than 110 MB, in which bytes count twice, and BigQuery's end at 100 MB: leave its large values out, or cut them, in the import's SQL",
  );
}

function unexpected(why: string): MaestroError {
  return new MaestroError("internal", `the source's rows are not as expected: ${why}`);
}
