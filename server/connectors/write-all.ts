import type { FileHandle } from "node:fs/promises";

/** Also where a disk that fills takes some of the bytes first. Answers how many there were. */
export async function writeAll(file: FileHandle, parts: Buffer[]): Promise<number> {
  const bytes = lengthOf(parts);
  const { bytesWritten } = await file.writev(parts);
  if (bytesWritten < bytes) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
  return bytes;
}

export function lengthOf(parts: Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
