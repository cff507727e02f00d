import { constants, createReadStream, createWriteStream, openSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, constants as zlib } from "node:zlib";
import { collected } from "./collect-garbage.ts";

const chunkSize = 64 * 1024;

/**
 * Compresses what `write` writes to the path it is called with, into `output`. By zlib at its
 * fastest: DuckDB's own gzip knows one level and takes five times as long as all the rest of a row.
 * Where there are no pipes it is compressed after it was written.
 */
export async function gzipText<T>(
  paths: { text: string; output: string; isPipe: boolean },
  write: () => Promise<T>,
): Promise<T> {
  const { text, output, isPipe } = paths;
  if (!isPipe) {
    const answer = await write();
    await compress(createReadStream(text), output);
    return answer;
  }
  const reader = openReader(text);
  const compressing = compress(reader, output);
  compressing.catch(() => undefined);
  try {
    const answer = await write();
    await compressing;
    return answer;
  } finally {
    reader.destroy();
  }
}

/** Opened before the writer, which would wait for it. A socket, since it must hold no thread while it waits. */
function openReader(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

function compress(text: Readable, output: string): Promise<void> {
  const gzip = createGzip({ level: zlib.Z_BEST_SPEED, chunkSize });
  return pipeline(text, collected, gzip, createWriteStream(output));
}
