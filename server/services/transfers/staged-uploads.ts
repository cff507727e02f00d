import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { MaestroError } from "../../../shared/errors.ts";
import { collected } from "../../connectors/collect-garbage.ts";
import type { StagedFile } from "../../connectors/staging-file.ts";
import { retryTransient } from "../../support/retry.ts";
import type { Deps } from "../deps.ts";

/** Files that wait for the one that is uploaded: the source need not wait for a slow bucket at once. */
const mostWaiting = 4;
const uploadRetries = 5;

/**
 * Uploads the files of an import one after the other while the next are made, and removes each from
 * the disk. After a fault the rest are not uploaded; `add` and `finish` throw it.
 */
export class StagedUploads {
  readonly #deps: Pick<Deps, "objectStore" | "random">;
  readonly #work: { folder: string; signal: AbortSignal };
  readonly #objects: string[] = [];
  readonly #waiting: Promise<void>[] = [];
  #bytes = 0;
  #hasFailed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(
    deps: Pick<Deps, "objectStore" | "random">,
    work: { folder: string; signal: AbortSignal },
  ) {
    this.#deps = deps;
    this.#work = work;
  }

  /** Resolves when the next file may be made; throws what an earlier one failed of. */
  async add(file: StagedFile): Promise<void> {
    if (this.#hasFailed) await this.#last;
    this.#last = this.#last.then(() => this.#upload(file));
    this.#last.catch(() => {
      this.#hasFailed = true;
    });
    this.#waiting.push(this.#last);
    if (this.#waiting.length > mostWaiting) await this.#waiting.shift();
  }

  /** All objects, in order, once all are whole. */
  async finish(): Promise<{ objects: string[]; bytes: number }> {
    await this.#last;
    return { objects: this.#objects, bytes: this.#bytes };
  }

  /** Resolves when nothing is uploaded any more, however it ended. */
  async settle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async #upload(file: StagedFile): Promise<void> {
    const { folder, signal } = this.#work;
    signal.throwIfAborted();
    const name = `${folder}${basename(file.path)}`;
    // An upload that broke off begins again; the client cannot read what it has sent once more.
    const upload = () => {
      const content = Readable.from(collected(createReadStream(file.path)), { objectMode: false });
      const { contentType } = file;
      return this.#deps.objectStore.upload(name, content, { contentType, signal });
    };
    const { random } = this.#deps;
    const stored = await retryTransient(upload, { retries: uploadRetries, random, signal });
    if (stored !== file.bytes) {
      throw new MaestroError("storage", `${name}: ${file.bytes} bytes staged, ${stored} stored`, {
        retryable: true,
      });
    }
    this.#objects.push(name);
    this.#bytes += stored;
    await rm(file.path);
  }
}
