import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";
import { snappyCompress, snappyUncompress } from "./snappy.ts";

/*
 * Avro's object container files (avro.apache.org/docs/1.12.0/specification/#object-container-files):
 * a header with the schema and the codec, then blocks of records, each followed by the file's mark.
 */

const magic = Buffer.from("Obj\x01", "latin1");
const markBytes = 16;
const maxBlockBytes = 256 * 2 ** 20;

export type AvroCodec = "null" | "deflate" | "snappy";

export interface AvroBlock {
  count: number;
  data: Buffer;
}

/** The schema of a file and its blocks, unpacked. Close it when done. */
export interface AvroFile {
  schema: unknown;
  blocks(): AsyncGenerator<AvroBlock>;
  close(): Promise<void>;
}

/** Throws an Error that says what is wrong with the file. */
export async function openAvro(path: string): Promise<AvroFile> {
  const handle = await open(path, "r");
  try {
    const reader = new FileReader(handle);
    const metadata = await readHeader(reader);
    const mark = await reader.take(markBytes);
    const codec = metadata.get("avro.codec")?.toString("utf8") ?? "null";
    if (codec !== "null" && codec !== "deflate" && codec !== "snappy") {
      throw new Error(`Unknown codec type in header, codec: ${codec}`);
    }
    return {
      schema: JSON.parse(metadata.get("avro.schema")?.toString("utf8") ?? "null"),
      blocks: () => readBlocks(reader, mark, codec),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeader(reader: FileReader): Promise<Map<string, Buffer>> {
  const start = await reader.takeUpTo(magic.length);
  if (!start.equals(magic)) throw new Error("Invalid data file. Magic does not match");
  const metadata = new Map<string, Buffer>();
  for (let count = await reader.long(); count !== 0; count = await reader.long()) {
    // A negative count is followed by the bytes of the block, which nobody needs here.
    if (count < 0) await reader.long();
    for (let i = 0; i < Math.abs(count); i += 1) {
      const key = (await reader.bytes()).toString("utf8");
      metadata.set(key, await reader.bytes());
    }
  }
  return metadata;
}

async function* readBlocks(
  reader: FileReader,
  mark: Buffer,
  codec: AvroCodec,
): AsyncGenerator<AvroBlock> {
  while (!(await reader.atEnd())) {
    const count = await reader.long();
    const packed = await reader.bytes();
    if (!(await reader.take(markBytes)).equals(mark)) throw new Error("Sync mismatch");
    yield { count, data: await unpack(packed, codec) };
  }
}

async function unpack(packed: Buffer, codec: AvroCodec): Promise<Buffer> {
  if (codec === "null") return packed;
  if (codec === "deflate") {
    return promisify(inflateRaw)(packed, { maxOutputLength: maxBlockBytes } as never);
  }
  const data = snappyUncompress(packed.subarray(0, -4), maxBlockBytes);
  if (crc32(data) !== packed.readUInt32BE(packed.length - 4))
    throw new Error("CRC32 check failure");
  return data;
}

/** Reads on, in large pieces. */
class FileReader {
  readonly #handle: FileHandle;
  #buffer = Buffer.alloc(0);

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async atEnd(): Promise<boolean> {
    await this.#fill(1);
    return this.#buffer.length === 0;
  }

  async take(count: number): Promise<Buffer> {
    const taken = await this.takeUpTo(count);
    if (taken.length < count) throw new Error("EOF reached");
    return taken;
  }

  async takeUpTo(count: number): Promise<Buffer> {
    await this.#fill(count);
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(taken.length);
    return taken;
  }

  /** A length or a count: zigzag, seven bits a byte. */
  async long(): Promise<number> {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = (await this.take(1))[0] ?? 0;
      value += (byte & 127) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new Error("Invalid length");
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  async bytes(): Promise<Buffer> {
    const length = await this.long();
    if (length < 0 || length > maxBlockBytes) throw new Error(`Invalid length: ${length}`);
    return this.take(length);
  }

  async #fill(count: number): Promise<void> {
    while (this.#buffer.length < count) {
      const more = Buffer.alloc(Math.max(2 ** 18, count - this.#buffer.length));
      const { bytesRead } = await this.#handle.read(more, 0, more.length, null);
      if (bytesRead === 0) return;
      this.#buffer = Buffer.concat([this.#buffer, more.subarray(0, bytesRead)]);
    }
  }
}

/** Writes a container file block by block. */
export class AvroWriter {
  readonly #handle: FileHandle;
  readonly #codec: AvroCodec;
  readonly #mark = randomBytes(markBytes);
  bytes = 0;

  private constructor(handle: FileHandle, codec: AvroCodec) {
    this.#handle = handle;
    this.#codec = codec;
  }

  static async open(path: string, schema: unknown, codec: AvroCodec): Promise<AvroWriter> {
    const writer = new AvroWriter(await open(path, "w"), codec);
    const text = Buffer.from(JSON.stringify(schema));
    await writer.#write([
      magic,
      long(2),
      ...[Buffer.from("avro.codec"), Buffer.from(codec), Buffer.from("avro.schema"), text].flatMap(
        (bytes) => [long(bytes.length), bytes],
      ),
      long(0),
      writer.#mark,
    ]);
    return writer;
  }

  async block(count: number, data: Buffer): Promise<void> {
    const packed = await pack(data, this.#codec);
    await this.#write([long(count), long(packed.length), packed, this.#mark]);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #write(parts: Buffer[]): Promise<void> {
    const whole = Buffer.concat(parts);
    await this.#handle.write(whole);
    this.bytes += whole.length;
  }
}

async function pack(data: Buffer, codec: AvroCodec): Promise<Buffer> {
  if (codec === "null") return data;
  if (codec === "deflate") return promisify(deflateRaw)(data);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(data));
  return Buffer.concat([snappyCompress(data), sum]);
}

function long(value: number): Buffer {
  const bytes: number[] = [];
  let left = value * 2;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}
