import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { ObjectDocument } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { StorageError } from "./storage-error.ts";

const maxParts = 32;

/** A draft with the parts' bytes one after another. */
export async function concatenate(files: ObjectFiles, parts: ObjectDocument[]): Promise<string> {
  if (parts.length === 0 || parts.length > maxParts) {
    throw new StorageError(400, "invalid", `Compose takes 1 to ${maxParts} source objects.`);
  }
  const draft = files.draftPath();
  await pipeline(async function* () {
    for (const part of parts) yield* createReadStream(files.pathOf(part));
  }, createWriteStream(draft));
  return draft;
}
