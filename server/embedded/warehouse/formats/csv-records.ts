/** How BigQuery splits CSV. Delimiter and quote are single bytes of ISO-8859-1. */
export interface CsvDialect {
  delimiter: string;
  /** Empty: nothing is quoted. */
  quote: string;
  quotedNewlines: boolean;
  /** preserveAsciiControlCharacters: NUL is a character like others. */
  controlCharacters: boolean;
  encoding: "utf-8" | "latin1";
}

export interface CsvRecord {
  /** From 1, of the line on which it begins. */
  line: number;
  /** The byte at which that line begins. */
  at: number;
  fields: { text: string; quoted: boolean }[];
  /** What is wrong with it, in BigQuery's words. */
  flaw: string | null;
}

const lineFeed = 10;
const carriageReturn = 13;
/** BigQuery's limit for a row. */
const maxRecordBytes = 100 * 2 ** 20;

/** The records of one file, as they come. Empty lines are none. */
export async function* csvRecords(
  chunks: AsyncIterable<Buffer>,
  dialect: CsvDialect,
): AsyncGenerator<CsvRecord> {
  const reader = new RecordReader(dialect);
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let line = 1;
  let isFirst = true;
  const takeFrom = function* (buffer: Buffer, isLast: boolean) {
    let at = 0;
    if (isFirst && buffer.subarray(0, 3).equals(byteOrderMark)) at = 3;
    isFirst = false;
    while (at < buffer.length) {
      const found = reader.read(buffer, at, isLast);
      if (!found) break;
      if (!found.isEmpty) {
        yield { line, at: position + at, fields: found.fields, flaw: found.flaw };
      }
      line += found.lines;
      at = found.next;
    }
    rest = buffer.subarray(at);
    position += at;
  };
  for await (const chunk of chunks) {
    const buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (buffer.length < byteOrderMark.length) {
      rest = buffer;
      continue;
    }
    yield* takeFrom(buffer, false);
    if (rest.length > maxRecordBytes)
      throw new RangeError("Row larger than the maximum allowed size");
  }
  yield* takeFrom(rest, true);
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

interface Found {
  fields: CsvRecord["fields"];
  flaw: string | null;
  isEmpty: boolean;
  lines: number;
  next: number;
}

/** Finds one record at a time; null where its end has not come yet. */
class RecordReader {
  readonly #dialect: CsvDialect;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #decoder: InstanceType<typeof TextDecoder>;

  constructor(dialect: CsvDialect) {
    this.#dialect = dialect;
    this.#delimiter = dialect.delimiter.charCodeAt(0) & 0xff;
    this.#quote = dialect.quote === "" ? -1 : dialect.quote.charCodeAt(0) & 0xff;
    this.#decoder = new TextDecoder(dialect.encoding === "latin1" ? "latin1" : "utf-8", {
      ignoreBOM: true,
    });
  }

  read(buffer: Buffer, start: number, isLast: boolean): Found | null {
    const found: Found = { fields: [], flaw: null, isEmpty: false, lines: 1, next: start };
    for (let at = start; ; at += 1) {
      const end =
        buffer[at] === this.#quote && this.#quote >= 0
          ? this.#quoted(buffer, at, isLast, found)
          : this.#plain(buffer, at, isLast, found);
      if (end === null) return null;
      at = end;
      if (found.flaw === null && buffer[at] === this.#delimiter && at < buffer.length) continue;
      return finish(buffer, start, at, isLast, found);
    }
  }

  #plain(buffer: Buffer, at: number, isLast: boolean, found: Found): number | null {
    let end = at;
    while (end < buffer.length) {
      const byte = buffer[end];
      if (byte === this.#delimiter || byte === lineFeed || byte === carriageReturn) break;
      end += 1;
    }
    if (end === buffer.length && !isLast) return null;
    this.#add(buffer.subarray(at, end), false, found);
    return end;
  }

  /** Answers where the field ends, or the line where there is a flaw. */
  #quoted(buffer: Buffer, at: number, isLast: boolean, found: Found): number | null {
    const pieces: Buffer[] = [];
    let from = at + 1;
    for (;;) {
      const close = buffer.indexOf(this.#quote, from);
      const newline = this.#newlineBefore(buffer, from, close);
      if (newline >= 0) {
        found.flaw = `Missing close quote character (${this.#dialect.quote}).`;
        return newline;
      }
      if (close < 0 || (close === buffer.length - 1 && !isLast)) {
        if (!isLast) return null;
        found.flaw = `Missing close quote character (${this.#dialect.quote}).`;
        return buffer.length;
      }
      found.lines += count(buffer, lineFeed, from, close);
      pieces.push(buffer.subarray(from, close));
      if (buffer[close + 1] !== this.#quote) {
        this.#add(Buffer.concat(pieces), true, found);
        return this.#afterQuote(buffer, close + 1, isLast, found);
      }
      pieces.push(buffer.subarray(close, close + 1));
      from = close + 2;
    }
  }

  #newlineBefore(buffer: Buffer, from: number, close: number): number {
    if (this.#dialect.quotedNewlines) return -1;
    const newline = buffer.indexOf(lineFeed, from);
    return newline >= 0 && (close < 0 || newline < close) ? newline : -1;
  }

  #afterQuote(buffer: Buffer, at: number, isLast: boolean, found: Found): number | null {
    const byte = buffer[at];
    const ends = byte === this.#delimiter || byte === lineFeed || byte === carriageReturn;
    if (ends || at >= buffer.length) return at;
    found.flaw = `Data between close quote character (${this.#dialect.quote}) and field separator.`;
    const newline = buffer.indexOf(lineFeed, at);
    if (newline >= 0) return newline;
    return isLast ? buffer.length : null;
  }

  #add(bytes: Buffer, quoted: boolean, found: Found): void {
    if (!this.#dialect.controlCharacters && bytes.includes(0)) {
      found.flaw = "Bad character (ASCII 0) encountered.";
    }
    found.fields.push({ text: this.#decoder.decode(bytes), quoted });
  }
}

/** `at` is at the line's end, or somewhere in a line with a flaw. */
function finish(
  buffer: Buffer,
  start: number,
  at: number,
  isLast: boolean,
  found: Found,
): Found | null {
  let next = at;
  if (found.flaw !== null && buffer[at] !== lineFeed && buffer[at] !== carriageReturn) {
    const newline = buffer.indexOf(lineFeed, at);
    if (newline < 0 && !isLast) return null;
    next = newline < 0 ? buffer.length : newline;
  }
  if (buffer[next] === carriageReturn) {
    if (next + 1 === buffer.length && !isLast) return null;
    next += 1;
    if (buffer[next] !== lineFeed) return { ...found, next, isEmpty: next - start === 1 };
  }
  const isEmpty = next - start <= Number(buffer[start] === carriageReturn);
  return { ...found, next: next + 1, isEmpty };
}

function count(buffer: Buffer, byte: number, from: number, to: number): number {
  let found = 0;
  for (let at = buffer.indexOf(byte, from); at >= 0 && at < to; at = buffer.indexOf(byte, at + 1)) {
    found += 1;
  }
  return found;
}
