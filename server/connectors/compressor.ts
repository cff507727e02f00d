import type { Transform } from "node:stream";
import { promisify } from "node:util";
import { constants, createDeflateRaw, createZstdCompress, zstdCompress } from "node:zlib";

/*
 * Bytes compressed in Node's pool, one piece after the other. The context is kept from piece to piece:
 * to make one for each costs a tenth of all CPU of an import, and the collector looks at every one.
 */

export class Compressor {
  readonly #stream: Transform;
  #parts: Buffer[] = [];
  #last: Promise<unknown> = Promise.resolve();

  readonly #checked: (piece: Buffer, parts: Buffer[]) => Promise<Buffer[]>;

  private constructor(
    stream: Transform,
    checked: (piece: Buffer, parts: Buffer[]) => Promise<Buffer[]> = async (_, parts) => parts,
  ) {
    this.#stream = stream;
    this.#checked = checked;
    stream.on("data", (part: Buffer) => this.#parts.push(part));
    stream.on("error", () => undefined);
  }

  /** Each piece becomes one frame of its own. */
  static zstd(): Compressor {
    // Level 1 takes half the CPU of level 3 for a tenth more bytes.
    const params = { [constants.ZSTD_c_compressionLevel]: 1 };
    const flush = constants.ZSTD_e_end;
    const stream = createZstdCompress({ params, flush, chunkSize: outputBytes });
    return new Compressor(stream, async (piece, parts) => {
      const last = parts.length > 1 ? parts.at(-1) : undefined;
      const isOne = !last?.subarray(0, frameMagic.length).equals(frameMagic);
      return isOne ? parts : [await compressAlone(piece, { params })];
    });
  }

  /** Each piece becomes deflate blocks that end at a byte, and refer to nothing before them. */
  static deflate(): Compressor {
    const flush = constants.Z_FULL_FLUSH;
    const level = constants.Z_BEST_SPEED;
    return new Compressor(createDeflateRaw({ level, flush, chunkSize: outputBytes }));
  }

  /** Pieces are taken in the order of the calls; their bytes must not change meanwhile. */
  compress(piece: Buffer): Promise<Buffer[]> {
    const answer = this.#last
      .then(() => this.#write(piece))
      .then((parts) => this.#checked(piece, parts));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  close(): void {
    this.#stream.destroy();
  }

  #write(piece: Buffer): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#stream.write(piece, (error) => {
        if (error) return reject(error);
        // What is not handed out yet comes to the listener too.
        while (this.#stream.read() !== null);
        const parts = this.#parts;
        this.#parts = [];
        resolve(parts);
      });
    });
  }
}

const outputBytes = 256 * 1024;

/**
 * Where a frame ends with the last byte of the output buffer, Node's stream calls zstd once more, which
 * adds an empty frame. Readers of Parquet that expect one frame a page would refuse it.
 */
const frameMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const compressAlone = promisify(zstdCompress);
