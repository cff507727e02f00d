import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { File } from "@google-cloud/storage";
import { MaestroError } from "../../shared/errors.ts";
import { createStallLimit, type StallLimit } from "../support/stall-limit.ts";
import { failed } from "./gcs-errors.ts";

/**
 * Of a download's body: node-fetch, teeny-request and the client each make a pipeline of the very same
 * stream, which comes to twelve listeners of errors, however long it is. Node warns of a leak at eleven.
 */
const bodyListeners = 16;

interface Limits {
  signal: AbortSignal | undefined;
  /** After so long without a byte, or without an answer to the last one, it is given up. */
  stallMs: number;
}

/** Bytes stored. */
export async function upload(
  file: File,
  content: Readable,
  { contentType, ...limits }: Limits & { contentType: string },
): Promise<number> {
  const doing = `upload ${file.name}`;
  const target = file.createWriteStream({
    resumable: true,
    // The client's CRC32C is JavaScript, and takes three times as long.
    validation: "md5",
    contentType,
    metadata: { contentType },
  });
  const limit = stallLimit(doing, limits);
  target.on("progress", limit.moved);
  await pipeline(content, target, { signal: limit.signal }).catch(failed(doing)).finally(limit.end);
  return Number(file.metadata.size);
}

/** Bytes written to a file that is new. */
export async function download(file: File, path: string, limits: Limits): Promise<number> {
  const doing = `download ${file.name}`;
  const source = file.createReadStream({ validation: "crc32c" });
  const target = createWriteStream(path, { flags: "wx" });
  const limit = stallLimit(doing, limits);
  source.once("response", (body: Readable) => body.setMaxListeners(bodyListeners));
  source.on("data", limit.moved);
  await pipeline(source, target, { signal: limit.signal }).catch(failed(doing)).finally(limit.end);
  return target.bytesWritten;
}

function stallLimit(doing: string, { signal, stallMs }: Limits): StallLimit {
  const text = `could not ${doing}: Cloud Storage has been silent for ${stallMs / 1000} s`;
  const overdue = () => new MaestroError("storage", text, { retryable: true });
  return createStallLimit(stallMs, overdue, signal);
}
