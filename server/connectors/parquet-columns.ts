import { eachElement } from "./array-elements.ts";
import { doesNotFit, textOfCell } from "./cell-faults.ts";
import type { CellSink } from "./csv-cells.ts";
import { type PlainValues, plainValues } from "./plain-values.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * A column's rows of one row group, as the one data page that they become: levels, which tell NULLs and
 * where arrays end, and the values that are there (apache/parquet-format, "Nested Encoding").
 *
 *   a value: level 0 is NULL, 1 is there
 *   an array: 1 is empty, 3 an element; repeated 0 begins a row, 1 goes on in it
 */

/** Entries of an array's column, of which there may be millions in a row: a byte each. */
const emptyArray = 0;
const firstElement = 1;
const nextElement = 2;
const repeatedLevels = [0, 0, 1];
const definedLevels = [1, 3, 3];

const firstEntries = 512;
/** A larger buffer, which a long array needed, is not kept. */
const mostKeptBytes = 2 ** 20;

/** What a page has before its compression. `release` gives its bytes back. */
export interface Page {
  bytes: Buffer;
  values: number;
  release: () => void;
}

export interface ParquetColumn extends CellSink {
  takePage(): Page;
}

export function parquetColumn(column: SourceColumn): ParquetColumn {
  return column.isArray ? new ListColumn(column) : new FlatColumn(column);
}

class FlatColumn implements ParquetColumn {
  readonly column: SourceColumn;
  readonly #values: PlainValues;
  /** A bit for each row. */
  #present = Buffer.alloc(512);
  #rows = 0;
  #nulls = 0;

  constructor(column: SourceColumn) {
    this.column = column;
    this.#values = plainValues(column.type);
  }

  add(bytes: Buffer, from: number, to: number, isEscaped: boolean): void {
    const row = this.#rows++;
    const at = row >> 3;
    if (at === this.#present.length) this.#grow();
    this.#present[at] = (this.#present[at] ?? 0) | (1 << (row & 7));
    if (this.#values.add(bytes, from, to, isEscaped)) return;
    const { column } = this;
    throw doesNotFit(column, textOfCell(bytes, from, to, isEscaped), `BigQuery's ${column.type}`);
  }

  addNull(): void {
    if (this.#rows >> 3 === this.#present.length) this.#grow();
    this.#rows += 1;
    this.#nulls += 1;
  }

  takePage(): Page {
    const rows = this.#rows;
    const levels =
      this.#nulls === 0 ? sameLevels(rows, 1) : packedLevels(this.#present, Math.ceil(rows / 8));
    this.#rows = 0;
    this.#nulls = 0;
    this.#present.fill(0);
    return pageOf(levels, this.#values, rows);
  }

  #grow(): void {
    this.#present = Buffer.concat([this.#present, Buffer.alloc(this.#present.length)]);
  }
}

class ListColumn implements ParquetColumn {
  readonly column: SourceColumn;
  readonly #values: PlainValues;
  #entries = Buffer.allocUnsafeSlow(firstEntries);
  #length = 0;

  constructor(column: SourceColumn) {
    this.column = column;
    this.#values = plainValues(column.type);
  }

  add(bytes: Buffer, from: number, to: number, isEscaped: boolean): void {
    const { column } = this;
    let entry = firstElement;
    eachElement(column, { bytes, from, to, isEscaped }, (text, start, end) => {
      if (!this.#values.add(text, start, end, false)) {
        const value = textOfCell(text, start, end, false);
        throw doesNotFit(column, value, `BigQuery's ${column.type}`);
      }
      this.#put(entry);
      entry = nextElement;
    });
    if (entry === firstElement) this.addNull();
  }

  /** BigQuery knows no NULL array: it is an empty one. */
  addNull(): void {
    this.#put(emptyArray);
  }

  takePage(): Page {
    const entries = this.#entries.subarray(0, this.#length);
    const levels = Buffer.concat([
      packBits(entries, 1, repeatedLevels),
      packBits(entries, 2, definedLevels),
    ]);
    this.#length = 0;
    if (this.#entries.length > mostKeptBytes) {
      this.#entries = Buffer.allocUnsafeSlow(firstEntries);
    }
    return pageOf(levels, this.#values, entries.length);
  }

  #put(entry: number): void {
    const length = this.#length++;
    if (length === this.#entries.length) {
      this.#entries = Buffer.concat([this.#entries, Buffer.allocUnsafeSlow(length)]);
    }
    this.#entries[length] = entry;
  }
}

function pageOf(levels: Buffer, values: PlainValues, entries: number): Page {
  const bytes = values.take(levels);
  return { bytes, values: entries, release: () => values.release(bytes) };
}

/** One run, after its length in four bytes. */
function sameLevels(count: number, level: number): Buffer {
  return withLength([...varint(count * 2), level]);
}

function packedLevels(bits: Buffer, groups: number): Buffer {
  const header = varint(groups * 2 + 1);
  const levels = Buffer.alloc(4 + header.length + groups);
  levels.writeUInt32LE(header.length + groups);
  levels.set(header, 4);
  bits.copy(levels, 4 + header.length, 0, groups);
  return levels;
}

/** The levels of the entries, of one bit or two, the lowest bits of a byte first. */
function packBits(entries: Buffer, width: 1 | 2, levels: number[]): Buffer {
  const groups = Math.ceil(entries.length / 8);
  const bits = Buffer.alloc(groups * width);
  for (let at = 0; at < entries.length; at++) {
    const bit = at * width;
    const level = levels[entries[at] ?? 0] ?? 0;
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (level << (bit & 7));
  }
  const header = varint(groups * 2 + 1);
  return Buffer.concat([withLength(header, bits.length), bits]);
}

function withLength(content: number[], more = 0): Buffer {
  const bytes = Buffer.alloc(4 + content.length);
  bytes.writeUInt32LE(content.length + more);
  bytes.set(content, 4);
  return bytes;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
