import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { collectGarbage } from "./collect-garbage.ts";
import { Compressor } from "./compressor.ts";
import { writeAll } from "./write-all.ts";

/*
 * One gzip file of blocks that are compressed side by side (RFC 1952; pigz does the same): each ends at
 * a byte, which a flush sees to, so that one after the other they are one deflate stream.
 */

/** Magic, deflate, no flags, no time, fastest, of any system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** An empty last block. */
const last = Buffer.from([3, 0]);

export class GzipBlocks {
  readonly #file: FileHandle;
  #compressors = [Compressor.deflate(), Compressor.deflate()];
  /** Ends when the block and all before it are written. */
  readonly #writing: Promise<void>[] = [];
  #checksum = 0;
  #bytes = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<GzipBlocks> {
    const file = await open(path, "w");
    try {
      await writeAll(file, [header]);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new GzipBlocks(file);
  }

  /** Resolves when there is room for a next one. `text` must not change before `release` is called. */
  async add(text: Buffer, release: () => void): Promise<void> {
    this.#checksum = crc32(text, this.#checksum);
    this.#bytes += text.length;
    const before = this.#writing.at(-1);
    const [next, ...others] = this.#compressors;
    if (!next) throw new Error("there is no compressor");
    this.#compressors = [...others, next];
    const writing = this.#write(next.compress(text).finally(release), before);
    writing.catch(() => undefined);
    this.#writing.push(writing);
    if (this.#writing.length >= this.#compressors.length) await this.#writing.shift();
  }

  async close(): Promise<void> {
    await Promise.all(this.#writing);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#checksum);
    trailer.writeUInt32LE(this.#bytes % 2 ** 32, 4);
    await writeAll(this.#file, [last, trailer]);
    await this.#end();
  }

  async abandon(): Promise<void> {
    await Promise.allSettled(this.#writing);
    await this.#end();
  }

  async #end(): Promise<void> {
    for (const compressor of this.#compressors) compressor.close();
    await this.#file.close();
  }

  async #write(deflated: Promise<Buffer[]>, before: Promise<void> | undefined): Promise<void> {
    deflated.catch(() => undefined);
    await before;
    collectGarbage(await writeAll(this.#file, await deflated));
  }
}
