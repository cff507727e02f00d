import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { NamedLocks } from "../locks.ts";
import { writeDurably } from "./durable-files.ts";
import { StorageError } from "./storage-error.ts";

/** What an upload is for; kept with it. */
export interface UploadPurpose {
  /** `object`: becomes an object; `load`: the file of a BigQuery load job. */
  kind: "object" | "load";
  [key: string]: unknown;
}

interface UploadDocument {
  purpose: UploadPurpose;
  createdAt: number;
  /** The answer to the last chunk, given again when it is asked for again. */
  answer?: unknown;
}

export type UploadProgress =
  | { state: "incomplete"; received: number }
  | {
      state: "complete";
      path: string;
      purpose: UploadPurpose;
      finish(answer: unknown): Promise<void>;
    }
  | { state: "answered"; answer: unknown };

const lifeMs = 7 * 86_400_000;

/**
 * Resumable uploads (cloud.google.com/storage/docs/performing-resumable-uploads).
 *
 * A session is `<id>.json` and the bytes received so far, `<id>.part`; both survive a restart, so
 * the length of the file is what the client is told to go on from. Chunks may overlap what is there
 * already; a gap is answered with what is there. The last chunk makes the upload complete: its file
 * is handed over once, and the answer is kept for a client that did not receive it.
 */
export class ResumableUploads {
  readonly #directory: string;
  readonly #locks = new NamedLocks();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<ResumableUploads> {
    await mkdir(directory, { recursive: true });
    const uploads = new ResumableUploads(directory);
    await uploads.#removeOld();
    return uploads;
  }

  async begin(purpose: UploadPurpose): Promise<string> {
    const id = randomBytes(24).toString("hex");
    await writeDurably(this.#path(id, "json"), text({ purpose, createdAt: Date.now() }));
    return id;
  }

  /** `range` is the request's Content-Range; a body without one is the whole content. */
  async receive(
    id: string,
    range: string | undefined,
    body: AsyncIterable<Buffer>,
  ): Promise<UploadProgress> {
    const release = await this.#locks.take([id]);
    try {
      const document = await this.#read(id);
      if (document.answer !== undefined) return { state: "answered", answer: document.answer };
      const { start, total, toEnd } = parseRange(range);
      if (start !== null) await this.#append(id, start, body);
      const received = await this.#received(id);
      if (!toEnd && (total === null || received < total)) {
        return { state: "incomplete", received };
      }
      if (total !== null && received > total) {
        throw new StorageError(400, "invalid", "More bytes were sent than Content-Range said.");
      }
      if (received === 0) await (await open(this.#path(id, "part"), "a")).close();
      return {
        state: "complete",
        path: this.#path(id, "part"),
        purpose: document.purpose,
        finish: (answer) => writeDurably(this.#path(id, "json"), text({ ...document, answer })),
      };
    } finally {
      release();
    }
  }

  async cancel(id: string): Promise<void> {
    await this.#read(id);
    await rm(this.#path(id, "json"), { force: true });
    await rm(this.#path(id, "part"), { force: true });
  }

  async #append(id: string, start: number, body: AsyncIterable<Buffer>): Promise<void> {
    const received = await this.#received(id);
    if (start > received) return;
    const path = this.#path(id, "part");
    await pipeline(
      skipBytes(body, received - start),
      createWriteStream(path, { flags: "a", flush: true }),
    );
  }

  async #received(id: string): Promise<number> {
    return stat(this.#path(id, "part")).then(
      (found) => found.size,
      () => 0,
    );
  }

  async #read(id: string): Promise<UploadDocument> {
    const found = /^[0-9a-f]{48}$/.test(id)
      ? await readFile(this.#path(id, "json"), "utf8").catch(() => null)
      : null;
    if (found !== null) return JSON.parse(found) as UploadDocument;
    throw new StorageError(404, "notFound", "There is no upload of this upload_id.");
  }

  #path(id: string, kind: "json" | "part"): string {
    return join(this.#directory, `${id}.${kind}`);
  }

  async #removeOld(): Promise<void> {
    for (const file of await readdir(this.#directory)) {
      const path = join(this.#directory, file);
      const { mtimeMs } = await stat(path);
      if (mtimeMs < Date.now() - lifeMs) await rm(path, { force: true });
    }
  }
}

function text(document: UploadDocument): string {
  return JSON.stringify(document);
}

interface ContentRange {
  /** Null where the client only asks how far the upload is. */
  start: number | null;
  total: number | null;
  /** The content ends where the request's body does. */
  toEnd: boolean;
}

/** `bytes 0-99/100`, `bytes 0-99/*`, `bytes 0-*` with any total; `bytes *` with any total asks. */
function parseRange(range: string | undefined): ContentRange {
  if (range === undefined) return { start: 0, total: null, toEnd: true };
  const match = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(range);
  if (!match) throw new StorageError(400, "invalid", `Invalid Content-Range: ${range}`);
  const total = match[3] === "*" ? null : Number(match[3]);
  return {
    start: match[1] === undefined ? null : Number(match[1]),
    total,
    toEnd: match[2] === "*" && total === null,
  };
}

async function* skipBytes(body: AsyncIterable<Buffer>, count: number): AsyncIterable<Buffer> {
  let left = count;
  for await (const chunk of body) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield left > 0 ? chunk.subarray(left) : chunk;
      left = 0;
    }
  }
}
