import { StorageError } from "./storage-error.ts";

/** What is stored of an object, beside its bytes. */
export interface ObjectDocument {
  bucket: string;
  name: string;
  generation: string;
  metageneration: string;
  bytes: number;
  md5Hash: string;
  crc32c: string;
  createdAt: string;
  updatedAt: string;
  /** REST's writable properties: contentType, metadata, cacheControl … */
  properties: ObjectProperties;
  /** The file's name beside this document. */
  file: string;
}

export interface ObjectProperties {
  contentType?: string;
  contentEncoding?: string;
  contentDisposition?: string;
  contentLanguage?: string;
  cacheControl?: string;
  customTime?: string;
  metadata?: Record<string, string>;
}

export interface BucketDocument {
  name: string;
  metageneration?: string;
  updatedAt?: string;
  projectId: string;
  location: string;
  createdAt: string;
  properties: Record<string, unknown>;
}

const writable = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "contentLanguage",
  "cacheControl",
  "customTime",
  "metadata",
] as const;

/** A patch over properties: null removes, within `metadata` too. */
export function mergeProperties(
  before: ObjectProperties,
  patch: Record<string, unknown>,
): ObjectProperties {
  const given = writableProperties(patch);
  const metadata: unknown = given.metadata;
  const isPatch = typeof metadata === "object" && metadata !== null;
  return withoutNulls({
    ...before,
    ...given,
    ...(isPatch ? { metadata: withoutNulls({ ...before.metadata, ...metadata }) } : {}),
  });
}

function withoutNulls<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  ) as T;
}

export function writableProperties(input: Record<string, unknown>): ObjectProperties {
  return Object.fromEntries(
    writable.filter((key) => input[key] !== undefined).map((key) => [key, input[key]]),
  );
}

/** Throws for names that Cloud Storage refuses (cloud.google.com/storage/docs/objects#naming). */
export function checkObjectName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes > 0 && bytes <= 1024 && !/[\r\n]/.test(name) && name !== "." && name !== "..") return;
  throw new StorageError(400, "invalid", `Invalid object name: ${JSON.stringify(name)}`);
}

export function checkBucketName(name: string): void {
  if (/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(name) && !name.includes("..")) return;
  throw new StorageError(400, "invalid", `Invalid bucket name: '${name}'`);
}

/** REST's object resource. */
export function objectResource(object: ObjectDocument, baseUrl: string) {
  const { bucket, name, generation, properties } = object;
  const path = `b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${baseUrl}/storage/v1/${path}`,
    mediaLink: `${baseUrl}/download/storage/v1/${path}?generation=${generation}&alt=media`,
    bucket,
    name,
    generation,
    metageneration: object.metageneration,
    ...properties,
    contentType: properties.contentType ?? "application/octet-stream",
    storageClass: "STANDARD",
    size: String(object.bytes),
    md5Hash: object.md5Hash,
    crc32c: object.crc32c,
    etag: Buffer.from(`${generation}/${object.metageneration}`).toString("base64"),
    timeCreated: object.createdAt,
    updated: object.updatedAt,
    timeFinalized: object.createdAt,
  };
}

export function bucketResource(bucket: BucketDocument, baseUrl: string) {
  return {
    kind: "storage#bucket",
    id: bucket.name,
    name: bucket.name,
    selfLink: `${baseUrl}/storage/v1/b/${bucket.name}`,
    projectNumber: "0",
    metageneration: bucket.metageneration ?? "1",
    location: bucket.location,
    locationType: "multi-region",
    storageClass: "STANDARD",
    etag: Buffer.from(bucket.metageneration ?? "1").toString("base64"),
    timeCreated: bucket.createdAt,
    updated: bucket.updatedAt ?? bucket.createdAt,
    ...bucket.properties,
  };
}
