/*
 * Turns the length-encoded cells of MySQL's rows into CSV: every value quoted, quotes doubled, NULL a
 * bare N, bytes as \x and hexadecimal digits. A chunk may end anywhere: what has begun goes on in the
 * next. This is the one place that touches every byte of an import; what is in its loops is measured.
 */

export type CellEncoding = "text" | "bytes";

const quote = 0x22;
const comma = 0x2c;
const newline = 0x0a;
const nullMarker = 0x4e;
const backslash = 0x5c;
const letterX = 0x78;
/** First bytes of a cell: up to 250 it is the length itself. */
const nullCell = 251;
const lengthBytes: Record<number, number> = { 252: 2, 253: 3, 254: 8 };
const noCell = -1;

/** A byte becomes five at most: an empty cell of bytes is one byte, and `"\x",`. */
const mostGrowth = 5;
const bufferBytes = 768 * 1024;
/** Below this a loop copies faster than a call does. */
const shortCell = 48;

const hexDigits = Buffer.from("0123456789abcdef");

export class MysqlCellWriter {
  rows = 0;
  readonly columns: number;
  readonly #isBytes: boolean[];
  #chunk: Buffer = Buffer.alloc(0);
  #out = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  #column = 0;
  /** Bytes of the cell that are still to come. */
  #left = noCell;
  /** Bytes of a length that are still to come, and its value so far. */
  #missing = 0;
  #length = 0;
  #factor = 1;
  /** Where in the chunk the next quote is; its length where there is none. */
  #nextQuote = -1;

  constructor(encodings: CellEncoding[]) {
    this.columns = encodings.length;
    this.#isBytes = encodings.map((encoding) => encoding === "bytes");
  }

  get isRowWhole(): boolean {
    return this.#column === 0 && this.#left === noCell && this.#missing === 0;
  }

  begin(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#nextQuote = -1;
    const needed = chunk.length * mostGrowth;
    if (this.#out.length - this.#to >= needed) return;
    this.#out = Buffer.allocUnsafeSlow(Math.max(bufferBytes, needed));
    this.#from = 0;
    this.#to = 0;
  }

  /** What was written since the last call. */
  take(): Buffer {
    const written = this.#out.subarray(this.#from, this.#to);
    this.#from = this.#to;
    return written;
  }

  /** The chunk's bytes from `from` up to `until` are cells of one row, whole or in part. */
  write(from: number, until: number): void {
    let at = from;
    while (at < until) {
      if (this.#left === noCell) at = this.#beginCell(at, until);
      if (this.#left !== noCell) at = this.#writeContent(at, until);
    }
  }

  #beginCell(from: number, until: number): number {
    if (this.#missing > 0) return this.#readLength(from, until);
    const first = this.#chunk[from] ?? 0;
    const at = from + 1;
    if (first < nullCell) {
      this.#open(first);
      return at;
    }
    if (first === nullCell) {
      this.#out[this.#to++] = nullMarker;
      this.#endCell();
      return at;
    }
    this.#missing = lengthBytes[first] ?? 8;
    this.#length = 0;
    this.#factor = 1;
    return this.#readLength(at, until);
  }

  #writeContent(at: number, until: number): number {
    const end = Math.min(until, at + this.#left);
    this.#left -= end - at;
    if (this.#isBytes[this.#column]) this.#writeHex(at, end);
    else if (end - at < shortCell) this.#writeShort(at, end);
    else this.#writeLong(at, end);
    if (this.#left === 0) {
      this.#left = noCell;
      this.#out[this.#to++] = quote;
      this.#endCell();
    }
    return end;
  }

  #open(length: number): void {
    this.#left = length;
    this.#out[this.#to++] = quote;
    if (!this.#isBytes[this.#column]) return;
    this.#out[this.#to++] = backslash;
    this.#out[this.#to++] = letterX;
  }

  #endCell(): void {
    this.#column += 1;
    if (this.#column < this.columns) {
      this.#out[this.#to++] = comma;
      return;
    }
    this.#out[this.#to++] = newline;
    this.#column = 0;
    this.rows += 1;
  }

  #readLength(from: number, until: number): number {
    let at = from;
    while (this.#missing > 0 && at < until) {
      this.#length += (this.#chunk[at++] ?? 0) * this.#factor;
      this.#factor *= 256;
      this.#missing -= 1;
    }
    if (this.#missing === 0) this.#open(this.#length);
    return at;
  }

  #writeShort(from: number, end: number): void {
    const chunk = this.#chunk;
    const out = this.#out;
    let to = this.#to;
    for (let at = from; at < end; at++) {
      const byte = chunk[at] ?? 0;
      out[to++] = byte;
      if (byte === quote) out[to++] = quote;
    }
    this.#to = to;
  }

  #writeLong(from: number, end: number): void {
    let at = from;
    for (;;) {
      if (this.#nextQuote < at) {
        const found = this.#chunk.indexOf(quote, at);
        this.#nextQuote = found < 0 ? this.#chunk.length : found;
      }
      const until = Math.min(end, this.#nextQuote + 1);
      this.#to += this.#chunk.copy(this.#out, this.#to, at, until);
      if (this.#nextQuote >= end) return;
      this.#out[this.#to++] = quote;
      at = until;
    }
  }

  #writeHex(from: number, end: number): void {
    const chunk = this.#chunk;
    const out = this.#out;
    let to = this.#to;
    for (let at = from; at < end; at++) {
      const byte = chunk[at] ?? 0;
      out[to++] = hexDigits[byte >> 4] ?? 0;
      out[to++] = hexDigits[byte & 15] ?? 0;
    }
    this.#to = to;
  }
}
