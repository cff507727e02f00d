import { createWriteStream } from "node:fs";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Bucket, Storage } from "@google-cloud/storage";
import { MaestroError, messageOf } from "../../shared/errors.ts";
import { shorten } from "../support/shorten.ts";
import type { ObjectStore } from "./object-store.ts";

const maxSignedSeconds = 7 * 86_400;
const removalsAtOnce = 16;

/** Cloud Storage over Google's client. Errors are `storage`, `retryable` where Google says so. */
export function createObjectStore(options: {
  storage: Storage;
  bucket: string;
  /** Where a bucket that does not exist is made. */
  location?: string;
}): ObjectStore {
  const bucket = options.storage.bucket(options.bucket);
  const signedUrl = async (
    name: string,
    expiresSeconds: number,
    action: { action: "read"; promptSaveAs: string } | { action: "write"; contentType: string },
  ) => {
    const seconds = Math.min(maxSignedSeconds, Math.max(1, Math.floor(expiresSeconds)));
    const expires = Date.now() + seconds * 1000;
    const signed = bucket.file(name).getSignedUrl({ version: "v4", expires, ...action });
    const [url] = await signed.catch(failed(`sign a URL of ${name}`));
    return url;
  };
  return {
    bucket: options.bucket,
    async upload(name, content, { contentType, signal }) {
      const file = bucket.file(name);
      const target = file.createWriteStream({
        resumable: true,
        validation: "crc32c",
        contentType,
        metadata: { contentType },
      });
      const stopped = signal ? { signal } : {};
      await pipeline(content, target, stopped).catch(failed(`upload ${name}`));
      return Number(file.metadata.size);
    },
    async download(name, path, { signal }) {
      const source = bucket.file(name).createReadStream({ validation: "crc32c" });
      const target = createWriteStream(path, { flags: "wx" });
      const stopped = signal ? { signal } : {};
      await pipeline(source, target, stopped).catch(failed(`download ${name}`));
      return target.bytesWritten;
    },
    async list(prefix) {
      const [files] = await bucket.getFiles({ prefix }).catch(failed(`list ${prefix}*`));
      return files.map((file) => ({ name: file.name, bytes: Number(file.metadata.size) }));
    },
    listPage: (prefix, pageToken) => listPage(bucket, prefix, pageToken),
    async remove(names) {
      for (let i = 0; i < names.length; i += removalsAtOnce) {
        const some = names.slice(i, i + removalsAtOnce);
        await Promise.all(
          some.map((name) =>
            bucket
              .file(name)
              .delete({ ignoreNotFound: true })
              .catch(failed(`delete ${name}`)),
          ),
        );
      }
    },
    // Without a name of its own, a browser renames what it saves by the content type.
    signedReadUrl: (name, seconds) =>
      signedUrl(name, seconds, { action: "read", promptSaveAs: posix.basename(name) }),
    signedWriteUrl: (name, seconds, contentType) =>
      signedUrl(name, seconds, { action: "write", contentType }),
    async ensureBucket() {
      const doing = `make the bucket ${options.bucket}`;
      const [exists] = await bucket.exists().catch(failed(doing));
      if (exists) return;
      const location = options.location ? { location: options.location } : {};
      await bucket.create(location).catch((error: unknown) => {
        // Another process has made it in between.
        if ((error as { code?: number }).code !== 409) failed(doing)(error);
      });
    },
  };
}

async function listPage(bucket: Bucket, prefix: string, pageToken: string | null) {
  const page = { prefix, autoPaginate: false, ...(pageToken === null ? {} : { pageToken }) };
  const [files, next] = await bucket.getFiles(page).catch(failed(`list ${prefix}*`));
  const objects = files.map(({ name, metadata }) => ({
    name,
    createdAt: new Date(metadata.timeCreated ?? Date.now()),
  }));
  const { pageToken: following } = (next ?? {}) as { pageToken?: string };
  return { objects, nextPageToken: following ?? null };
}

const retryableCodes = new Set<unknown>([408, 429, 500, 502, 503, 504]);
const networkCodes = new Set<unknown>(["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EPIPE"]);
/** The disk is full, or a download arrived other than it was sent. */
const passingCodes = new Set<unknown>(["ENOSPC", "EDQUOT", "CONTENT_DOWNLOAD_MISMATCH"]);

function failed(doing: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof MaestroError) throw error;
    const code = (error as { code?: unknown }).code;
    if ((error as { name?: string }).name === "AbortError") {
      throw new MaestroError("cancelled", `could not ${doing}: it was cancelled`, { cause: error });
    }
    const { message = messageOf(error) } = error as { message?: string };
    throw new MaestroError("storage", `could not ${doing}: ${shorten(message)}`, {
      cause: error,
      retryable: retryableCodes.has(code) || networkCodes.has(code) || passingCodes.has(code),
    });
  };
}
