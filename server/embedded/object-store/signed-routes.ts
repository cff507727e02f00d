import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { expectedSums } from "./conditions.ts";
import { checkObjectName, type ObjectDocument, writableProperties } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { receiveUpload } from "./receive-upload.ts";
import type { ResumableUploads } from "./resumable-uploads.ts";
import { sendObject } from "./send-object.ts";
import type { SigningKey } from "./signing-key.ts";
import { StorageError } from "./storage-error.ts";
import { sendIncomplete } from "./upload-routes.ts";
import { verifySignedUrl } from "./verify-signed-url.ts";

interface Params {
  bucket: string;
  "*": string;
}

interface Services {
  files: ObjectFiles;
  uploads: ResumableUploads;
  baseUrl: () => string;
}

/** First parts of the APIs' paths: no bucket's name, whatever may be asked for below them. */
const reserved = new Set(["batch", "bigquery", "storage", "upload", "download"]);

/**
 * `/<bucket>/<object>`: Cloud Storage's XML API as signed URLs use it: GET, HEAD, PUT, DELETE and resumable POST. Browsers
 * of the web app come from another origin, so any may use a URL that it was given.
 */
export function signedRoutes(app: FastifyInstance, services: Services & { key: SigningKey }): void {
  const { files, key } = services;
  const allow = (reply: FastifyReply) =>
    reply.headers({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-goog-generation, x-goog-hash, etag, location, range",
    });
  const verified = (request: FastifyRequest<{ Params: Params }>) => {
    const { method, raw, headers } = request;
    verifySignedUrl({ method, url: raw.url ?? "", headers }, key, new Date());
    return { bucket: request.params.bucket, name: request.params["*"] };
  };

  app.options<{ Params: Params }>("/:bucket/*", (_, reply) =>
    allow(reply)
      .headers({
        "access-control-allow-methods": "GET, HEAD, PUT, POST, DELETE",
        "access-control-allow-headers": "*",
        "access-control-max-age": "3600",
      })
      .code(204)
      .send(),
  );
  app.route<{ Params: Params }>({
    method: ["GET", "HEAD"],
    url: "/:bucket/*",
    exposeHeadRoute: false,
    handler: (request, reply) => {
      if (reserved.has(request.params.bucket)) return reply.callNotFound();
      void allow(reply);
      const { bucket, name } = verified(request);
      return sendObject(files, files.require(bucket, name), request, reply);
    },
  });
  signedWrites(app, services, { allow, verified });
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof StorageError)) throw error;
    const code = error.status === 404 ? "NoSuchKey" : error.reason;
    const text = error.message.replace(/[<>&]/g, (c) => `&#${c.charCodeAt(0)};`);
    return allow(reply)
      .code(error.status)
      .type("application/xml; charset=UTF-8")
      .send(
        `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${text}</Message></Error>`,
      );
  });
}

type Request = FastifyRequest<{ Params: Params }>;

/** PUT, DELETE and the POST that begins a resumable upload. */
function signedWrites(
  app: FastifyInstance,
  { files, uploads, baseUrl }: Services,
  {
    allow,
    verified,
  }: {
    allow: (reply: FastifyReply) => FastifyReply;
    verified: (request: Request) => { bucket: string; name: string };
  },
): void {
  type UploadRoute = { Params: Params; Querystring: { upload_id?: string } };
  const stored = (reply: FastifyReply, object: ObjectDocument) =>
    reply
      .headers({
        etag: `"${object.generation}"`,
        "x-goog-generation": object.generation,
        "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
      })
      .send();

  // A signed POST begins a resumable upload, whose own URL needs no signature.
  app.post<{ Params: Params }>("/:bucket/*", async (request, reply) => {
    if (reserved.has(request.params.bucket)) return reply.callNotFound();
    void allow(reply);
    const { bucket, name } = verified(request);
    if (request.headers["x-goog-resumable"] !== "start") {
      throw new StorageError(400, "InvalidArgument", "x-goog-resumable: start is needed.");
    }
    files.bucket(bucket);
    checkObjectName(name);
    const purpose = { kind: "object" as const, bucket, name, ...headersOf(request) };
    const id = await uploads.begin(purpose);
    const path = name.split("/").map(encodeURIComponent).join("/");
    return reply
      .code(201)
      .headers({
        location: `${baseUrl()}/${bucket}/${path}?upload_id=${id}`,
        "x-guploader-uploadid": id,
      })
      .send();
  });
  app.put<UploadRoute>("/:bucket/*", async (request, reply) => {
    if (reserved.has(request.params.bucket)) return reply.callNotFound();
    void allow(reply);
    if (request.query.upload_id) {
      const received = await receiveUpload(files, uploads, request);
      if (received.state === "incomplete") return sendIncomplete(reply, received.received);
      return stored(reply, received.object);
    }
    const { bucket, name } = verified(request);
    return stored(reply, await writeAtOnce(files, { bucket, name }, request));
  });
  app.delete<UploadRoute>("/:bucket/*", async (request, reply) => {
    if (reserved.has(request.params.bucket)) return reply.callNotFound();
    void allow(reply);
    if (request.query.upload_id) {
      await uploads.cancel(request.query.upload_id);
      return reply.code(499).send();
    }
    const { bucket, name } = verified(request);
    await files.remove(bucket, name, headersOf(request).conditions);
    return reply.code(204).send();
  });
}

async function writeAtOnce(
  files: ObjectFiles,
  { bucket, name }: { bucket: string; name: string },
  request: FastifyRequest,
): Promise<ObjectDocument> {
  files.bucket(bucket);
  checkObjectName(name);
  const { properties, conditions, expected } = headersOf(request);
  const draft = files.draftPath();
  try {
    await pipeline(request.raw, createWriteStream(draft));
    return await files.put({ bucket, name, properties }, draft, conditions, expected);
  } finally {
    await rm(draft, { force: true });
  }
}

/** What the XML API says in headers of an object that is written. */
function headersOf({ headers }: FastifyRequest) {
  const text = (name: string) => {
    const value = headers[name];
    return value === undefined ? undefined : String(value);
  };
  const metadata = Object.entries(headers)
    .filter(([name]) => name.startsWith("x-goog-meta-"))
    .map(([name, value]) => [name.slice("x-goog-meta-".length), String(value)]);
  return {
    properties: writableProperties({
      contentType: text("content-type"),
      contentEncoding: text("content-encoding"),
      contentDisposition: text("content-disposition"),
      contentLanguage: text("content-language"),
      cacheControl: text("cache-control"),
      ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
    }),
    conditions: {
      ifGenerationMatch: text("x-goog-if-generation-match"),
      ifMetagenerationMatch: text("x-goog-if-metageneration-match"),
    },
    expected: expectedSums({}, headers),
  };
}
