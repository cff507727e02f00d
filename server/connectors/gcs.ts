import { posix } from "node:path";
import type { Bucket, Storage } from "@google-cloud/storage";
import { failed } from "./gcs-errors.ts";
import { download, upload } from "./gcs-streams.ts";
import type { ObjectStore } from "./object-store.ts";

const maxSignedSeconds = 7 * 86_400;
const removalsAtOnce = 16;
/** Google's own answer to a whole upload may take a while; its client would wait for ever. */
const defaultStallMs = 120_000;

/** Cloud Storage over Google's client. Errors are `storage`, `retryable` where Google says so. */
export function createObjectStore(options: {
  storage: Storage;
  bucket: string;
  /** Where a bucket that does not exist is made. */
  location?: string;
  /** After so long without a byte, or an answer to the last one, an upload or a download is given up. */
  stallMs?: number;
}): ObjectStore {
  const { stallMs = defaultStallMs } = options;
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
    upload: (name, content, { contentType, signal }) =>
      upload(bucket.file(name), content, { contentType, signal, stallMs }),
    download: (name, path, { signal }) => download(bucket.file(name), path, { signal, stallMs }),
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
      await makeBucket(bucket, options.location).catch(failed(doing));
    },
  };
}

/** As the documents tell to make one. Another process may have made it in between. */
export async function makeBucket(bucket: Bucket, location: string | undefined): Promise<void> {
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } };
  await bucket
    .create({ iamConfiguration, ...(location ? { location } : {}) })
    .catch((error: unknown) => {
      if ((error as { code?: number }).code !== 409) throw error;
    });
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
