import type { Readable } from "node:stream";

/** Cloud Storage as Maestro uses it: one bucket. The implementation is gcs.ts, over Google's client. */
export interface ObjectStore {
  readonly bucket: string;
  /** A resumable upload, visible only when complete; overwrites. Resolves to the bytes stored. */
  upload(
    name: string,
    content: Readable,
    options: { contentType: string; signal?: AbortSignal },
  ): Promise<number>;
  /** Writes the object to a new file, checked against its checksum. Resolves to its bytes. */
  download(name: string, path: string, options: { signal?: AbortSignal }): Promise<number>;
  /** Names and sizes under a prefix, in name order. */
  list(prefix: string): Promise<{ name: string; bytes: number }[]>;
  /** Some thousand of them at a time, with the instants at which they were made. */
  listPage(
    prefix: string,
    pageToken: string | null,
  ): Promise<{ objects: { name: string; createdAt: Date }[]; nextPageToken: string | null }>;
  /** Deletes what exists of these; missing ones are no error. */
  remove(names: string[]): Promise<void>;
  /** V4 signed URL, `expiresSeconds` at most seven days. */
  signedReadUrl(name: string, expiresSeconds: number): Promise<string>;
  signedWriteUrl(name: string, expiresSeconds: number, contentType: string): Promise<string>;
  ensureBucket(): Promise<void>;
}
