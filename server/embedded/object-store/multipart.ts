import { readMetadata } from "./receive-upload.ts";
import { StorageError } from "./storage-error.ts";

/**
 * A `multipart/related` upload (RFC 2387, as Google's upload protocol uses it): a JSON part, then
 * the content, which is passed on as it comes.
 */
export async function readMultipart(
  body: AsyncIterable<Buffer>,
  contentType: string,
): Promise<{
  metadata: Record<string, unknown>;
  contentType: string | undefined;
  content: AsyncIterable<Buffer>;
}> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary) throw new StorageError(400, "invalid", "The multipart boundary is missing.");
  const reader = new BoundaryReader(body, boundary);
  await reader.skipPreamble();
  await reader.readHeaders();
  const metadata = await readMetadata(reader.readPart());
  const headers = await reader.readHeaders();
  return { metadata, contentType: headers.get("content-type"), content: reader.readPart() };
}

class BoundaryReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  #buffer: Buffer;

  constructor(body: AsyncIterable<Buffer>, boundary: string) {
    this.#source = body[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    // The first boundary has no line end before it.
    this.#buffer = Buffer.from("\r\n");
  }

  async skipPreamble(): Promise<void> {
    for await (const _ of this.readPart());
  }

  /** Up to the empty line. */
  async readHeaders(): Promise<Map<string, string>> {
    const end = Buffer.from("\r\n\r\n");
    let at = this.#buffer.indexOf(end);
    while (at < 0) {
      if (this.#buffer.length > 65_536) throw truncated();
      await this.#more();
      at = this.#buffer.indexOf(end);
    }
    const lines = this.#buffer.subarray(0, at).toString("utf8").split("\r\n");
    this.#buffer = this.#buffer.subarray(at + end.length);
    return new Map(
      lines
        .filter((line) => line.includes(":"))
        .map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
        }),
    );
  }

  /** Up to the next boundary, which may be split over chunks. */
  async *readPart(): AsyncIterable<Buffer> {
    for (;;) {
      const at = this.#buffer.indexOf(this.#delimiter);
      if (at >= 0) {
        const rest = this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + this.#delimiter.length);
        if (rest.length > 0) yield rest;
        return;
      }
      const sure = this.#buffer.length - this.#delimiter.length;
      if (sure > 0) {
        yield this.#buffer.subarray(0, sure);
        this.#buffer = this.#buffer.subarray(sure);
      }
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw truncated();
    this.#buffer = Buffer.concat([this.#buffer, next.value]);
  }
}

function truncated(): StorageError {
  return new StorageError(400, "badRequest", "The multipart body ended before its last boundary.");
}
