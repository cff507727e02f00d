import type { FileHandle } from "node:fs/promises";
import { type ColumnChunk, encodings } from "./parquet-layout.ts";
import { type Page, PageReader } from "./parquet-pages.ts";
import { RunLengthValues } from "./run-length-values.ts";

/*
 * The values of a column, row by row: `bytes` from `at` to `end`, as Parquet's PLAIN encoding has them
 * without their length. A boolean is one byte, 0 or 1. What is at hand is handed out at once, and `fill`
 * waits for more.
 */

const lengthBytes = 4;
const bits = Buffer.from([0, 1]);
const noBytes = Buffer.alloc(0);
const noLevels = new RunLengthValues(noBytes, 0, 0);

type Kind = "fixed" | "counted" | "bits" | "runs" | "dictionary";

export class ColumnReader {
  bytes: Buffer = noBytes;
  at = 0;
  end = 0;

  readonly #chunk: ColumnChunk;
  readonly #pages: PageReader;
  #page: Page | null = null;
  #kind: Kind = "fixed";
  /** The page's values, or what is at hand of them, and where the next one is. */
  #values: Buffer = noBytes;
  #next = 0;
  /** Rows of the page, and which one is next. */
  #rows = 0;
  #row = 0;
  /** A byte for each row of the page; null: all are there. */
  #present: Uint8Array | null = null;
  /** Up to which row the values at hand are whole, and where that one is. */
  #wholeRow = 0;
  #wholeAt = 0;
  #indices: RunLengthValues = noLevels;
  #dictionary: Buffer = noBytes;
  /** Where its texts are, and the end. */
  #places: Uint32Array = new Uint32Array(0);

  constructor(file: FileHandle, chunk: ColumnChunk) {
    this.#chunk = chunk;
    this.#pages = new PageReader(file, chunk);
  }

  /** How many rows `next` can be called for, at most `most`. */
  available(most: number): number {
    const left = Math.min(most, this.#rows - this.#row);
    if (this.#kind === "fixed" || this.#kind === "counted") {
      this.#lookAhead(this.#row + left);
      return Math.min(left, this.#wholeRow - this.#row);
    }
    return left;
  }

  /** To be called where none is available, and there are more rows. */
  async fill(): Promise<void> {
    if (this.#row === this.#rows) return this.#openPage();
    const piece = await this.#page?.more();
    if (!piece) throw new RangeError("a page of a staged file ends too early");
    this.#values = Buffer.concat([this.#values.subarray(this.#next), piece]);
    this.#wholeAt -= this.#next;
    this.#next = 0;
  }

  /** Moves to the next row's value. False: it is NULL. */
  next(): boolean {
    const row = this.#row++;
    if (this.#present !== null && this.#present[row] === 0) return false;
    switch (this.#kind) {
      case "fixed":
        this.#place(this.#values, this.#next, this.#next + this.#chunk.width);
        this.#next = this.end;
        return true;
      case "counted": {
        const at = this.#next + lengthBytes;
        this.#place(this.#values, at, at + readLength(this.#values, this.#next));
        this.#next = this.end;
        return true;
      }
      case "bits":
        this.#takeBit(this.#next++);
        return true;
      case "runs":
        this.#place(bits, this.#indices.next(), 0);
        this.end = this.at + 1;
        return true;
      case "dictionary":
        this.#lookUp(this.#indices.next());
        return true;
    }
  }

  close(): void {
    this.#page?.close();
  }

  #place(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  #takeBit(bit: number): void {
    const byte = this.#values[bit >> 3];
    if (byte === undefined) throw new RangeError("a page of a staged file ends too early");
    const value = (byte >> (bit & 7)) & 1;
    this.#place(bits, value, value + 1);
  }

  #lookUp(index: number): void {
    const { width } = this.#chunk;
    if (width > 0) {
      this.#place(this.#dictionary, index * width, index * width + width);
    } else {
      const end = this.#places[index + 1] ?? -1;
      this.#place(this.#dictionary, (this.#places[index] ?? 0) + lengthBytes, end);
    }
    if (this.end < 0 || this.end > this.#dictionary.length) {
      throw new RangeError("a dictionary of a staged file has too few values");
    }
  }

  /** So far as the values at hand go. */
  #lookAhead(untilRow: number): void {
    const { width } = this.#chunk;
    const values = this.#values;
    const present = this.#present;
    let row = this.#wholeRow;
    let at = this.#wholeAt;
    if (present === null && width > 0) {
      const rows = Math.min(untilRow - row, Math.floor((values.length - at) / width));
      row += Math.max(0, rows);
      at += Math.max(0, rows) * width;
    }
    for (; row < untilRow; row++) {
      if (present !== null && present[row] === 0) continue;
      let end = at + width;
      if (width === 0) {
        if (at + lengthBytes > values.length) break;
        end = at + lengthBytes + readLength(values, at);
      }
      if (end > values.length) break;
      at = end;
    }
    this.#wholeRow = row;
    this.#wholeAt = at;
  }

  async #openPage(): Promise<void> {
    this.#page?.close();
    let page = await this.#pages.next();
    if (page.isDictionary) {
      this.#takeDictionary(page);
      page = await this.#pages.next();
    }
    this.#page = page;
    this.#rows = page.values;
    this.#row = 0;
    this.#wholeRow = 0;
    this.#values = page.bytes;
    this.#next = await this.#takeLevels(page);
    this.#kind = this.#kindOf(page);
    if (this.#kind === "dictionary") this.#openIndices(this.#next + 1, this.#values[this.#next]);
    if (this.#kind === "runs") this.#openIndices(this.#next + lengthBytes, 1);
    if (this.#kind === "bits") this.#next *= 8;
    this.#wholeAt = this.#next;
  }

  #openIndices(at: number, width = 0): void {
    this.#indices = new RunLengthValues(this.#values, at, width);
  }

  #kindOf({ encoding }: Page): Kind {
    const { width } = this.#chunk;
    switch (encoding) {
      case encodings.plain:
        return width < 0 ? "bits" : width === 0 ? "counted" : "fixed";
      case encodings.plainDictionary:
      case encodings.dictionary:
        return "dictionary";
      case encodings.rle:
        if (width < 0) return "runs";
    }
    throw new Error(`a page of a staged file has the encoding ${encoding}`);
  }

  /** Where the values begin. */
  async #takeLevels({ values, levelBytes }: Page): Promise<number> {
    this.#present = null;
    if (!this.#chunk.isOptional) return levelBytes ?? 0;
    let from = 0;
    let to = levelBytes ?? 0;
    if (levelBytes === null) {
      await this.#have(lengthBytes);
      from = lengthBytes;
      to = lengthBytes + readLength(this.#values, 0);
      await this.#have(to);
    }
    this.#present = presenceOf(new RunLengthValues(this.#values.subarray(0, to), from, 1), values);
    return to;
  }

  async #have(bytes: number): Promise<void> {
    while (this.#values.length < bytes) {
      const piece = await this.#page?.more();
      if (!piece) throw new RangeError("a page of a staged file ends too early");
      this.#values = Buffer.concat([this.#values, piece]);
    }
  }

  #takeDictionary({ bytes, values }: Page): void {
    this.#dictionary = bytes;
    if (this.#chunk.width !== 0) return;
    const places = new Uint32Array(values + 1);
    let at = 0;
    for (let value = 0; value < values; value++) {
      places[value] = at;
      at += lengthBytes + readLength(bytes, at);
    }
    places[values] = at;
    this.#places = places;
  }
}

/** In four bytes, the lowest first. What is behind the end counts as 0. */
function readLength(bytes: Buffer, at: number): number {
  const upper = ((bytes[at + 3] ?? 0) << 24) >>> 0;
  return upper + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16));
}

/** Null where all are there. */
function presenceOf(levels: RunLengthValues, rows: number): Uint8Array | null {
  if (levels.skipRun(rows, 1)) return null;
  const present = new Uint8Array(rows);
  levels.read(present);
  return present;
}
