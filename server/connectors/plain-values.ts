import { readFloat64, readInt64, readNumeric, type Words } from "./cell-numbers.ts";
import { type Halves, notHeld, readDate, readInstant, readTime } from "./cell-times.ts";
import type { ScalarType } from "./source-column.ts";

/*
 * Values of a column in Parquet's PLAIN encoding, one after the other in a buffer that grows, is taken
 * whole and is used again. A text that BigQuery's type does not hold is not added.
 */

/** So much is left free before the values: most pages have no more before them. */
const headBytes = 16;
const firstBytes = 1_024;
/**
 * A buffer of which less is filled twice is not kept: a few long values in each of many columns would
 * leave every one of them with a large one. Once it may be, at the end of a stream.
 */
const leastFilled = 1 / 4;
const mostKeptBytes = 4 * 2 ** 20;
/** Below this a loop copies faster than a call does. */
const shortText = 48;

const quote = 0x22;

export abstract class PlainValues {
  protected bytes: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  protected length = headBytes;
  #spare: Buffer | null = null;
  /** Of the buffer that was released last. */
  #filled = 0;

  /** False: the type does not hold it. The range has no doubled quotes unless `isEscaped` says so. */
  abstract add(cells: Buffer, from: number, to: number, isEscaped: boolean): boolean;

  /** The values behind `head`, in one piece that is no copy. To be given back by `release`. */
  take(head: Buffer): Buffer {
    const more = Math.max(0, head.length - headBytes);
    this.reserve(more);
    if (more > 0) this.bytes.copyWithin(headBytes + more, headBytes, this.length);
    const from = headBytes + more - head.length;
    head.copy(this.bytes, from);
    const taken = this.bytes.subarray(from, this.length + more);
    this.bytes = this.#spare ?? Buffer.allocUnsafeSlow(firstBytes);
    this.#spare = null;
    this.length = headBytes;
    return taken;
  }

  /** Of all that was added. */
  forget(): void {
    this.length = headBytes;
  }

  release(taken: Buffer): void {
    const whole = Buffer.from(taken.buffer);
    const filled = Math.max(this.#filled, taken.length);
    this.#filled = taken.length;
    const isFilled = filled >= whole.length * leastFilled;
    if (whole.length <= mostKeptBytes && isFilled) this.#spare = whole;
  }

  protected reserve(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

abstract class Int64Values extends PlainValues {
  protected readonly halves: Halves = { low: 0, high: 0 };

  protected put(): void {
    this.reserve(8);
    const { bytes, length, halves } = this;
    put32(bytes, length, halves.low);
    put32(bytes, length + 4, halves.high);
    this.length = length + 8;
  }
}

/** Of the lowest 32 bits; bytes one by one, which is sooner than a call. */
function put32(bytes: Buffer, at: number, value: number): void {
  const bits = value | 0;
  bytes[at] = bits;
  bytes[at + 1] = bits >> 8;
  bytes[at + 2] = bits >> 16;
  bytes[at + 3] = bits >> 24;
}

class IntegerValues extends Int64Values {
  override add(cells: Buffer, from: number, to: number): boolean {
    if (!readInt64(cells, from, to, this.halves)) return false;
    this.put();
    return true;
  }
}

class InstantValues extends Int64Values {
  readonly #options: { hasZone: boolean; into: Halves };

  constructor(hasZone: boolean) {
    super();
    this.#options = { hasZone, into: this.halves };
  }

  override add(cells: Buffer, from: number, to: number): boolean {
    if (!readInstant(cells, from, to, this.#options)) return false;
    this.put();
    return true;
  }
}

class TimeValues extends Int64Values {
  override add(cells: Buffer, from: number, to: number): boolean {
    const time = readTime(cells, from, to);
    if (time === notHeld) return false;
    this.halves.high = Math.floor(time / 0x1_0000_0000);
    this.halves.low = time - this.halves.high * 0x1_0000_0000;
    this.put();
    return true;
  }
}

class DateValues extends PlainValues {
  override add(cells: Buffer, from: number, to: number): boolean {
    const days = readDate(cells, from, to);
    if (days === notHeld) return false;
    this.reserve(4);
    put32(this.bytes, this.length, days);
    this.length += 4;
    return true;
  }
}

class FloatValues extends PlainValues {
  override add(cells: Buffer, from: number, to: number): boolean {
    const value = readFloat64(cells, from, to);
    if (value === null) return false;
    this.reserve(8);
    this.length = this.bytes.writeDoubleLE(value, this.length);
    return true;
  }
}

/** DECIMAL(38, 9) in sixteen bytes, the highest first. */
class NumericValues extends PlainValues {
  readonly #words: Words = [0, 0, 0, 0];

  override add(cells: Buffer, from: number, to: number): boolean {
    const words = this.#words;
    if (!readNumeric(cells, from, to, words)) return false;
    this.reserve(16);
    const { bytes } = this;
    let at = this.length;
    for (let word = 3; word >= 0; word--) {
      const bits = (words[word] ?? 0) | 0;
      bytes[at++] = bits >> 24;
      bytes[at++] = bits >> 16;
      bytes[at++] = bits >> 8;
      bytes[at++] = bits;
    }
    this.length = at;
    return true;
  }
}

const letterT = 0x74;
const letterF = 0x66;
const one = 0x31;
const zero = 0x30;
const words = new Map([
  ["true", true],
  ["false", false],
]);

/** Null where the text is neither. PostgreSQL writes letters, in arrays words, and MySQL digits. */
export function readBool(cells: Buffer, from: number, to: number): boolean | null {
  if (to - from > 1) return words.get(cells.toString("latin1", from, to)) ?? null;
  const byte = from === to ? 0 : cells[from];
  if (byte === letterT || byte === one) return true;
  return byte === letterF || byte === zero ? false : null;
}

/** A bit each, the lowest of a byte first. */
class BoolValues extends PlainValues {
  #bits = 0;

  override add(cells: Buffer, from: number, to: number): boolean {
    const value = readBool(cells, from, to);
    if (value === null) return false;
    const bit = this.#bits & 7;
    if (bit === 0) {
      this.reserve(1);
      this.bytes[this.length++] = 0;
    }
    if (value) this.bytes[this.length - 1] = (this.bytes[this.length - 1] ?? 0) | (1 << bit);
    this.#bits += 1;
    return true;
  }

  override take(head: Buffer): Buffer {
    this.#bits = 0;
    return super.take(head);
  }

  override forget(): void {
    this.#bits = 0;
    super.forget();
  }
}

class TextValues extends PlainValues {
  override add(cells: Buffer, from: number, to: number, isEscaped: boolean): boolean {
    this.reserve(4 + to - from);
    const start = this.length + 4;
    const end = isEscaped ? this.#unescape(cells, from, to, start) : start + to - from;
    if (isEscaped) this.length = end;
    else this.#copy(cells, from, to, start);
    put32(this.bytes, start - 4, end - start);
    this.length = end;
    return true;
  }

  #copy(cells: Buffer, from: number, to: number, start: number): void {
    const { bytes } = this;
    if (to - from >= shortText) {
      cells.copy(bytes, start, from, to);
      return;
    }
    for (let at = from, into = start; at < to; at++, into++) bytes[into] = cells[at] ?? 0;
  }

  /** Where the text ends. */
  #unescape(cells: Buffer, from: number, to: number, start: number): number {
    const { bytes } = this;
    let into = start;
    let at = from;
    while (at < to) {
      const found = cells.indexOf(quote, at);
      const end = found < 0 || found >= to ? to : found + 1;
      into += cells.copy(bytes, into, at, end);
      at = end === to ? to : end + 1;
    }
    return into;
  }
}

/** The cell is \x and hexadecimal digits. */
class BytesValues extends PlainValues {
  override add(cells: Buffer, from: number, to: number): boolean {
    const size = (to - from - 2) / 2;
    if (!Number.isInteger(size) || size < 0) return false;
    this.reserve(4 + size);
    put32(this.bytes, this.length, size);
    const digits = cells.toString("latin1", from + 2, to);
    const written = this.bytes.write(digits, this.length + 4, size, "hex");
    this.length += 4 + size;
    return written === size;
  }
}

export function plainValues(type: ScalarType): PlainValues {
  switch (type) {
    case "INT64":
      return new IntegerValues();
    case "FLOAT64":
      return new FloatValues();
    case "NUMERIC":
      return new NumericValues();
    case "BOOL":
      return new BoolValues();
    case "DATE":
      return new DateValues();
    case "DATETIME":
      return new InstantValues(false);
    case "TIMESTAMP":
      return new InstantValues(true);
    case "TIME":
      return new TimeValues();
    case "BYTES":
      return new BytesValues();
    case "JSON":
    case "STRING":
      return new TextValues();
  }
}
