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
  cacheControl?: string;
  metadata?: Record<string, string>;
}

export interface BucketDocument {
  name: string;
  projectId: string;
  location: string;
  createdAt: string;
  properties: Record<string, unknown>;
}

export interface Preconditions {
  /** "0": only where the object does not exist. */
  ifGenerationMatch?: string | undefined;
  ifGenerationNotMatch?: string | undefined;
  ifMetagenerationMatch?: string | undefined;
}

const writable = [
  "contentType",
  "contentEncoding",
  "contentDisposition",
  "cacheControl",
  "metadata",
] as const;

export function writableProperties(input: Record<string, unknown>): ObjectProperties {
  return Object.fromEntries(
    writable.filter((key) => input[key] !== undefined).map((key) => [key, input[key]]),
  );
}

export function checkPreconditions(
  existing: ObjectDocument | undefined,
  conditions: Preconditions,
): void {
  const generation = existing?.generation ?? "0";
  const { ifGenerationMatch, ifGenerationNotMatch, ifMetagenerationMatch } = conditions;
  const failed =
    (ifGenerationMatch !== undefined && ifGenerationMatch !== generation) ||
    (ifGenerationNotMatch !== undefined && ifGenerationNotMatch === generation) ||
    (ifMetagenerationMatch !== undefined && ifMetagenerationMatch !== existing?.metageneration);
  if (!failed) return;
  throw new StorageError(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
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
    metageneration: "1",
    location: bucket.location,
    locationType: "multi-region",
    storageClass: "STANDARD",
    etag: "CAE=",
    timeCreated: bucket.createdAt,
    updated: bucket.createdAt,
    ...bucket.properties,
  };
}
