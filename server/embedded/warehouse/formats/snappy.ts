/*
 * Raw Snappy (github.com/google/snappy/blob/main/format_description.txt): a length, then literals and
 * copies of what came before.
 */

/** Throws a RangeError for what is no Snappy, or says it is longer than `maxBytes`. */
export function snappyUncompress(input: Buffer, maxBytes: number): Buffer {
  const { value: length, next } = readVarint(input);
  if (length > maxBytes) throw new RangeError(`a block of ${length} bytes is too long`);
  const output = Buffer.alloc(length);
  let at = next;
  let written = 0;
  while (at < input.length) {
    const tag = input.readUInt8(at);
    const element = (tag & 3) === 0 ? readLiteral(input, at, tag) : readCopy(input, at, tag);
    if (written + element.length > length) throw new RangeError("a Snappy block is too long");
    at = element.next;
    if (element.offset === null) {
      if (at + element.length > input.length) throw new RangeError("it ends too early");
      input.copy(output, written, at, at + element.length);
      at += element.length;
    } else {
      repeat(output, written, element.offset, element.length);
    }
    written += element.length;
  }
  if (written !== length) throw new RangeError("a Snappy block ends too early");
  return output;
}

/** Byte by byte: a copy may overlap what it writes. */
function repeat(output: Buffer, to: number, offset: number, length: number): void {
  if (offset === 0 || offset > to) throw new RangeError("a bad offset");
  for (let i = to; i < to + length; i += 1) output[i] = output[i - offset] ?? 0;
}

interface Element {
  length: number;
  /** How far back a copy reaches; null for a literal. */
  offset: number | null;
  next: number;
}

function readLiteral(input: Buffer, at: number, tag: number): Element {
  const short = tag >>> 2;
  if (short < 60) return { length: short + 1, offset: null, next: at + 1 };
  const extra = short - 59;
  return { length: input.readUIntLE(at + 1, extra) + 1, offset: null, next: at + 1 + extra };
}

function readCopy(input: Buffer, at: number, tag: number): Element {
  const kind = tag & 3;
  if (kind === 1) {
    const offset = ((tag & 0xe0) << 3) | input.readUInt8(at + 1);
    return { length: ((tag >>> 2) & 7) + 4, offset, next: at + 2 };
  }
  const bytes = kind === 2 ? 2 : 4;
  return {
    length: (tag >>> 2) + 1,
    offset: input.readUIntLE(at + 1, bytes),
    next: at + 1 + bytes,
  };
}

const tableBits = 14;
const shortestCopy = 4;
const longestCopy = 64;
const farthest = 65_535;

/** Greedy, with one candidate for every four bytes, as Google's fastest level. */
export function snappyCompress(input: Buffer): Buffer {
  const output: Buffer[] = [varint(input.length)];
  const seen = new Int32Array(1 << tableBits).fill(-1);
  let literalFrom = 0;
  let at = 0;
  while (at + shortestCopy <= input.length) {
    const word = input.readUInt32LE(at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - tableBits);
    const before = seen[slot] ?? -1;
    seen[slot] = at;
    if (before < 0 || at - before > farthest || input.readUInt32LE(before) !== word) {
      at += 1;
      continue;
    }
    let length = shortestCopy;
    while (at + length < input.length && input[before + length] === input[at + length]) length += 1;
    if (at > literalFrom) output.push(...literal(input.subarray(literalFrom, at)));
    for (let left = length; left > 0; left -= longestCopy) {
      output.push(copy(Math.min(left, longestCopy), at - before));
    }
    at += length;
    literalFrom = at;
  }
  if (literalFrom < input.length) output.push(...literal(input.subarray(literalFrom)));
  return Buffer.concat(output);
}

function literal(bytes: Buffer): Buffer[] {
  const length = bytes.length - 1;
  if (length < 60) return [Buffer.from([length << 2]), bytes];
  const header = Buffer.alloc(5);
  header[0] = 63 << 2;
  header.writeUInt32LE(length, 1);
  return [header, bytes];
}

function copy(length: number, offset: number): Buffer {
  return Buffer.from([((length - 1) << 2) | 2, offset & 0xff, offset >>> 8]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

function readVarint(input: Buffer): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = input.readUInt8(i);
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return { value, next: i + 1 };
  }
  throw new RangeError("the length is no Snappy length");
}
