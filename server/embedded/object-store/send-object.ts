import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ObjectDocument } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";

/** An object's bytes, or the range that the request names; a signed URL may name it for saving. */
export async function sendObject(
  files: ObjectFiles,
  object: ObjectDocument,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { properties } = object;
  const { "response-content-disposition": asked } = request.query as Record<string, unknown>;
  const disposition = typeof asked === "string" ? asked : properties.contentDisposition;
  void reply.headers({
    "content-type": properties.contentType ?? "application/octet-stream",
    etag: `"${object.generation}"`,
    "last-modified": new Date(object.updatedAt).toUTCString(),
    "accept-ranges": "bytes",
    "x-goog-generation": object.generation,
    "x-goog-metageneration": object.metageneration,
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
    "x-goog-stored-content-length": String(object.bytes),
    "x-goog-stored-content-encoding": properties.contentEncoding ?? "identity",
    "x-goog-storage-class": "STANDARD",
    // What people upload is not to be run as a page of ours.
    "x-content-type-options": "nosniff",
    ...(properties.contentLanguage ? { "content-language": properties.contentLanguage } : {}),
    ...(disposition ? { "content-disposition": disposition } : {}),
    ...(properties.cacheControl ? { "cache-control": properties.cacheControl } : {}),
  });
  if (isUnpacked(object, request)) return sendUnpacked(files, object, request, reply);
  const { contentEncoding } = properties;
  if (contentEncoding) void reply.header("content-encoding", contentEncoding);
  const range = parseByteRange(request.headers.range, object.bytes);
  if (range === "unsatisfiable") {
    return reply.code(416).header("content-range", `bytes */${object.bytes}`).send("");
  }
  const start = range?.start ?? 0;
  const end = range?.end ?? object.bytes - 1;
  if (range) {
    void reply.code(206).header("content-range", `bytes ${start}-${end}/${object.bytes}`);
  }
  void reply.header("content-length", String(end - start + 1));
  if (request.method === "HEAD" || object.bytes === 0) return reply.send("");
  const file = await open(files.pathOf(object), "r");
  return reply.send(file.createReadStream({ start, end, highWaterMark: 2 ** 18 }));
}

/**
 * What was stored packed is unpacked for who does not take it packed
 * (cloud.google.com/storage/docs/transcoding). There are no ranges of it then.
 */
function isUnpacked({ properties }: ObjectDocument, request: FastifyRequest): boolean {
  const { contentEncoding, cacheControl = "" } = properties;
  if (contentEncoding !== "gzip" || /\bno-transform\b/.test(cacheControl)) return false;
  return !/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(
    String(request.headers["accept-encoding"] ?? ""),
  );
}

async function sendUnpacked(
  files: ObjectFiles,
  object: ObjectDocument,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  void reply.headers({ warning: "214 UploadServer gunzipped", vary: "Accept-Encoding" });
  if (request.method === "HEAD") return reply.send("");
  const file = await open(files.pathOf(object), "r");
  // An error of either stream ends the answer before its end.
  return reply.send(pipeline(file.createReadStream(), createGunzip(), () => undefined));
}

/** One range of RFC 9110; null for none or what is no single byte range. */
function parseByteRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") {
    const count = Math.min(Number(match[2]), bytes);
    return count === 0 ? "unsatisfiable" : { start: bytes - count, end: bytes - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === "" ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
  if (start >= bytes) return "unsatisfiable";
  return end < start ? null : { start, end };
}
