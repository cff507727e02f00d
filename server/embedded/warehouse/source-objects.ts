import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { ObjectDocument } from "../object-store/object-document.ts";
import type { ObjectFiles } from "../object-store/object-files.ts";
import { WarehouseError } from "./contract.ts";

export interface SourceFile {
  uri: string;
  path: string;
  bytes: number;
  gzip: boolean;
}

/** A file's content, unpacked. */
export function openSource({ path, gzip }: SourceFile): AsyncIterable<Buffer> {
  const stream = createReadStream(path, { highWaterMark: 2 ** 20 });
  if (!gzip) return stream;
  // Who reads meets an error of either stream at the second.
  return pipeline(stream, createGunzip({ chunkSize: 2 ** 18 }), () => undefined);
}

export function parseUri(uri: string): { bucket: string; name: string } {
  const match = /^gs:\/\/([^/]+)\/(.+)$/s.exec(uri);
  if (match?.[1] && match[2]) return { bucket: match[1], name: match[2] };
  throw new WarehouseError("invalid", `Source URI must be a Google Cloud Storage location: ${uri}`);
}

/** The files behind `gs://` URIs, each with at most one `*`. Throws where one names nothing. */
export async function sourceFiles(objects: ObjectFiles, uris: string[]): Promise<SourceFile[]> {
  if (uris.length === 0)
    throw new WarehouseError("invalid", "Required parameter is missing: sourceUris");
  const files: SourceFile[] = [];
  for (const uri of uris) {
    for (const object of matching(objects, uri)) {
      const path = objects.pathOf(object);
      files.push({
        uri: `gs://${object.bucket}/${object.name}`,
        path,
        bytes: object.bytes,
        gzip: await isGzip(path),
      });
    }
  }
  return files;
}

function matching(objects: ObjectFiles, uri: string): ObjectDocument[] {
  const { bucket, name } = parseUri(uri);
  const [prefix = "", suffix, ...more] = name.split("*");
  if (more.length > 0) {
    throw new WarehouseError("invalid", `Only one wildcard is allowed in a source URI: ${uri}`);
  }
  const found =
    suffix === undefined
      ? [objects.find(bucket, name)].filter((object) => object !== undefined)
      : objects
          .list(bucket, prefix)
          .filter((o) => o.name.endsWith(suffix) && o.name.length >= prefix.length + suffix.length);
  if (found.length > 0) return found;
  throw new WarehouseError("notFound", `Not found: URI ${uri}`);
}

/** BigQuery tells compressed files by their content too. */
async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}
