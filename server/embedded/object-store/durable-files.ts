import { createHash } from "node:crypto";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { Crc32c } from "./crc32c.ts";

/** Puts a text under a path in one step: after a crash the old one or the new one, whole. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Gives a finished file its name, for good. */
export async function renameDurably(from: string, to: string): Promise<void> {
  const file = await open(from, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(from, to);
  await syncDirectory(dirname(to));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => null);
  // Windows opens no directories; renames are durable enough there.
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

export interface FileSums {
  bytes: number;
  md5Hash: string;
  crc32c: string;
}

export async function sumFile(path: string): Promise<FileSums> {
  const md5 = createHash("md5");
  const crc = new Crc32c();
  let bytes = 0;
  const file = await open(path, "r");
  for await (const chunk of file.createReadStream({ highWaterMark: 2 ** 20 })) {
    const part = chunk as Buffer;
    md5.update(part);
    crc.update(part);
    bytes += part.length;
  }
  return { bytes, md5Hash: md5.digest("base64"), crc32c: crc.digest() };
}
