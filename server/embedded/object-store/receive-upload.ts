import type { FastifyRequest } from "fastify";
import { type ExpectedSums, expectedSums, type Preconditions } from "./conditions.ts";
import type { ObjectDocument, ObjectProperties } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import type { ResumableUploads } from "./resumable-uploads.ts";
import { StorageError } from "./storage-error.ts";

/** What becomes of a resumable upload when it is whole. */
export interface ObjectPurpose {
  kind: "object";
  bucket: string;
  name: string;
  properties: ObjectProperties;
  conditions: Preconditions;
  expected: ExpectedSums;
}

export type Received =
  | { state: "incomplete"; received: number }
  | { state: "complete"; object: ObjectDocument };

const maxMetadataBytes = 2 ** 20;

export function conditionsOf(query: Preconditions): Preconditions {
  const { ifGenerationMatch, ifGenerationNotMatch } = query;
  const { ifMetagenerationMatch, ifMetagenerationNotMatch } = query;
  return {
    ifGenerationMatch,
    ifGenerationNotMatch,
    ifMetagenerationMatch,
    ifMetagenerationNotMatch,
  };
}

/** One chunk of a resumable upload, or a question how far it is. The last makes the object. */
export async function receiveUpload(
  files: ObjectFiles,
  uploads: ResumableUploads,
  request: Pick<FastifyRequest, "headers" | "raw"> & { query: { upload_id?: string } },
): Promise<Received> {
  const { headers, raw, query } = request;
  const progress = await uploads.receive(query.upload_id ?? "", headers["content-range"], raw);
  if (progress.state === "incomplete") return progress;
  if (progress.state === "answered") {
    return { state: "complete", object: progress.answer as ObjectDocument };
  }
  const purpose = progress.purpose as unknown as ObjectPurpose;
  // The client may know the sums only when it has sent all.
  const expected = { ...purpose.expected, ...present(expectedSums({}, headers)) };
  const object = await files.put(purpose, progress.path, purpose.conditions, expected);
  await progress.finish(object);
  return { state: "complete", object };
}

function present(sums: ExpectedSums): ExpectedSums {
  return Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== undefined));
}

/** A JSON object that is sent as a body of its own; none is as good as an empty one. */
export async function readMetadata(body: AsyncIterable<Buffer>): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxMetadataBytes) {
      throw new StorageError(413, "uploadTooLarge", "The metadata is too large.");
    }
    chunks.push(chunk);
  }
  return parseMetadata(Buffer.concat(chunks).toString("utf8"));
}

export function parseMetadata(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below, with the same words as for other values.
  }
  throw new StorageError(400, "parseError", "Parse Error: the metadata is no JSON object.");
}
