import type { FileHandle } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { createZstdDecompress, zstdDecompress } from "node:zlib";
import { collectGarbage } from "./collect-garbage.ts";
import { type ColumnChunk, codecs, encodings, readAt } from "./parquet-layout.ts";
import { readStruct, type ThriftFields } from "./thrift-reader.ts";

/*
 * The pages of a column's chunk, one after the other. A large one of plain values comes in pieces, so
 * that it takes the same memory whatever its size: some writers make one page of a whole chunk.
 */

export interface Page {
  isDictionary: boolean;
  encoding: number;
  values: number;
  /** Levels before the values, if they have a length of their own in the header; null: it is before them. */
  levelBytes: number | null;
  /** The page, or its first piece. */
  bytes: Buffer;
  /** What comes behind `bytes`; null at the end. */
  more: () => Promise<Buffer | null>;
  close: () => void;
}

const pageTypes = { data: 0, dictionary: 2, dataV2: 3 };
const firstHeaderBytes = 256;
const mostHeaderBytes = 16 * 2 ** 20;
/** Below this a page is read whole. */
const pieceFrom = 2 ** 20;
const pieceBytes = 128 * 1024;
/** zstd asks for another buffer where the last one is filled to its end. */
const spareBytes = 64;

const decompress = promisify(zstdDecompress);

interface Header {
  fields: ThriftFields;
  /** Of the page's content. */
  from: number;
  compressedBytes: number;
  plainBytes: number;
}

export class PageReader {
  readonly #chunk: ColumnChunk;
  readonly #file: FileHandle;
  #at: number;
  readonly #end: number;

  constructor(file: FileHandle, chunk: ColumnChunk) {
    this.#file = file;
    this.#chunk = chunk;
    this.#at = chunk.offset;
    this.#end = chunk.offset + chunk.bytes;
  }

  async next(): Promise<Page> {
    for (;;) {
      const header = await this.#readHeader();
      this.#at = header.from + header.compressedBytes;
      const facts = factsOf(header.fields);
      if (facts) return { ...facts, ...(await this.#content(header, facts)) };
    }
  }

  async #readHeader(): Promise<Header> {
    for (let length = firstHeaderBytes; ; length *= 4) {
      const known = Math.min(length, this.#end - this.#at);
      if (known <= 0) throw new RangeError("a column of a staged file ends too early");
      const bytes = await readAt(this.#file, this.#at, known);
      try {
        const { fields, end } = readStruct(bytes);
        const [plainBytes, compressedBytes] = [fields.number(2), fields.number(3)];
        return { fields, from: this.#at + end, compressedBytes, plainBytes };
      } catch (error) {
        if (!(error instanceof RangeError) || known < length || length > mostHeaderBytes)
          throw error;
      }
    }
  }

  async #content(header: Header, facts: Facts) {
    const { from, compressedBytes, plainBytes } = header;
    const isPlain = facts.encoding === encodings.plain && !facts.isDictionary;
    const isBits = this.#chunk.width < 0;
    if (isPlain && !isBits && plainBytes > pieceFrom && facts.levelBytes === null) {
      return this.#pieces(from, compressedBytes);
    }
    const read = await readAt(this.#file, from, compressedBytes);
    const bytes = await this.#whole(read, plainBytes, facts);
    collectGarbage(plainBytes);
    return { bytes, more: () => Promise.resolve(null), close: () => undefined };
  }

  async #whole(read: Buffer, plainBytes: number, { levelBytes, isPacked }: Facts) {
    if (this.#chunk.codec === codecs.none || !isPacked) return read;
    // Of the second version levels are not compressed.
    const head = levelBytes ?? 0;
    const valueBytes = plainBytes - head;
    const options = { chunkSize: Math.max(spareBytes, valueBytes + spareBytes) };
    const values =
      valueBytes === 0 ? read.subarray(0, 0) : await decompress(read.subarray(head), options);
    if (values.length !== valueBytes) throw new RangeError("a page of a staged file is broken");
    return head === 0 ? values : Buffer.concat([read.subarray(0, head), values]);
  }

  async #pieces(from: number, compressedBytes: number) {
    const end = from + compressedBytes;
    const compressed = pieces(this.#file, from, end);
    const isPacked = this.#chunk.codec !== codecs.none;
    const stream = isPacked ? decompressed(compressed) : Readable.from(compressed);
    const iterator: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    const more = async () => {
      const { done, value } = await iterator.next();
      if (done) return null;
      collectGarbage(value.length);
      return value;
    };
    return { bytes: (await more()) ?? Buffer.alloc(0), more, close: () => stream.destroy() };
  }
}

async function* pieces(file: FileHandle, from: number, end: number): AsyncGenerator<Buffer> {
  for (let at = from; at < end; at += pieceBytes) {
    yield await readAt(file, at, Math.min(pieceBytes, end - at));
  }
}

function decompressed(compressed: AsyncIterable<Buffer>): Readable {
  return pipeline(compressed, createZstdDecompress({ chunkSize: pieceBytes }), () => undefined);
}

type Facts = Pick<Page, "isDictionary" | "encoding" | "values" | "levelBytes"> & {
  /** The values are compressed, where the chunk is. */
  isPacked: boolean;
};

/** Null for a page of neither data nor a dictionary. */
function factsOf(header: ThriftFields): Facts | null {
  const type = header.number(1);
  if (type === pageTypes.dataV2) {
    const facts = header.struct(8);
    const levelBytes = facts.number(5) + facts.number(6);
    const [values, encoding] = [facts.number(1), facts.number(4)];
    return { isDictionary: false, encoding, values, levelBytes, isPacked: facts.isTrue(7, true) };
  }
  if (type !== pageTypes.data && type !== pageTypes.dictionary) return null;
  const isDictionary = type === pageTypes.dictionary;
  const facts = header.struct(isDictionary ? 7 : 5);
  const [values, encoding] = [facts.number(1), facts.number(2)];
  return { isDictionary, encoding, values, levelBytes: null, isPacked: true };
}
