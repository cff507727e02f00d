import type { ObjectDocument } from "./object-document.ts";
import { StorageError } from "./storage-error.ts";

/** Of a request on one object (cloud.google.com/storage/docs/request-preconditions). */
export interface Preconditions {
  /** "0": only where the object does not exist. */
  ifGenerationMatch?: string | undefined;
  ifGenerationNotMatch?: string | undefined;
  ifMetagenerationMatch?: string | undefined;
  ifMetagenerationNotMatch?: string | undefined;
}

/** Throws 412 where the object is not as the request wants it. */
export function checkPreconditions(
  existing: { generation: string; metageneration: string } | undefined,
  conditions: Preconditions,
): void {
  if (!isUnmatched(existing, conditions) && !isKnown(existing, conditions)) return;
  throw new StorageError(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
  );
}

/** The same for a reader: one who has this generation already gets 304. */
export function checkReadConditions(existing: ObjectDocument, conditions: Preconditions): void {
  if (isKnown(existing, conditions)) throw new StorageError(304, "notModified", "Not Modified");
  checkPreconditions(existing, conditions);
}

type Versions = { generation: string; metageneration: string } | undefined;

function isUnmatched(existing: Versions, conditions: Preconditions): boolean {
  const { ifGenerationMatch, ifMetagenerationMatch } = conditions;
  return (
    (ifGenerationMatch !== undefined && ifGenerationMatch !== (existing?.generation ?? "0")) ||
    (ifMetagenerationMatch !== undefined && ifMetagenerationMatch !== existing?.metageneration)
  );
}

function isKnown(existing: Versions, conditions: Preconditions): boolean {
  const { ifGenerationNotMatch, ifMetagenerationNotMatch } = conditions;
  return (
    (ifGenerationNotMatch !== undefined &&
      ifGenerationNotMatch === (existing?.generation ?? "0")) ||
    (ifMetagenerationNotMatch !== undefined &&
      ifMetagenerationNotMatch === existing?.metageneration)
  );
}

/** The conditions on a copy's source: `ifSourceGenerationMatch` and the others. */
export function sourceConditions(query: Record<string, string | undefined>): Preconditions {
  return {
    ifGenerationMatch: query["ifSourceGenerationMatch"],
    ifGenerationNotMatch: query["ifSourceGenerationNotMatch"],
    ifMetagenerationMatch: query["ifSourceMetagenerationMatch"],
    ifMetagenerationNotMatch: query["ifSourceMetagenerationNotMatch"],
  };
}

/** What the sender says that the content sums up to. */
export interface ExpectedSums {
  md5Hash?: string | undefined;
  crc32c?: string | undefined;
}

export function checkSums(found: { md5Hash: string; crc32c: string }, said: ExpectedSums): void {
  const refuse = (kind: string, given: string, sum: string) => {
    throw new StorageError(
      400,
      "invalid",
      `Provided ${kind} "${given}" doesn't match calculated ${kind} "${sum}".`,
    );
  };
  if (said.md5Hash && said.md5Hash !== found.md5Hash) {
    refuse("MD5 hash", said.md5Hash, found.md5Hash);
  }
  if (said.crc32c && said.crc32c !== found.crc32c) refuse("CRC32C", said.crc32c, found.crc32c);
}

/** The sums of an object's metadata, of `x-goog-hash: crc32c=…,md5=…` and of `Content-MD5`. */
export function expectedSums(
  metadata: Record<string, unknown>,
  headers: Record<string, string | string[] | undefined>,
): ExpectedSums {
  const hashes = String(headers["x-goog-hash"] ?? "");
  const named = (kind: string) => new RegExp(`\\b${kind}=([A-Za-z0-9+/=]+)`).exec(hashes)?.[1];
  const md5 = metadata["md5Hash"] ?? named("md5") ?? headers["content-md5"];
  const crc = metadata["crc32c"] ?? named("crc32c");
  return {
    md5Hash: typeof md5 === "string" ? md5 : undefined,
    crc32c: typeof crc === "string" ? crc : undefined,
  };
}
