import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkObjectName } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { sendObject } from "./send-object.ts";
import type { SigningKey } from "./signing-key.ts";
import { StorageError } from "./storage-error.ts";
import { verifySignedUrl } from "./verify-signed-url.ts";

interface Params {
  bucket: string;
  "*": string;
}

/** First parts of the APIs' paths: no bucket's name, whatever may be asked for below them. */
const reserved = new Set(["bigquery", "storage", "upload", "download"]);

/**
 * `/<bucket>/<object>`: Cloud Storage's XML API as signed URLs use it, GET, HEAD and PUT. Browsers
 * of the web app come from another origin, so any may use a URL that it was given.
 */
export function signedRoutes(app: FastifyInstance, files: ObjectFiles, key: SigningKey): void {
  const allow = (reply: FastifyReply) =>
    reply.headers({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "x-goog-generation, x-goog-hash, etag",
    });
  const verified = (request: FastifyRequest<{ Params: Params }>) => {
    const { method, raw, headers } = request;
    verifySignedUrl({ method, url: raw.url ?? "", headers }, key, new Date());
    return { bucket: request.params.bucket, name: request.params["*"] };
  };

  app.options<{ Params: Params }>("/:bucket/*", (_, reply) =>
    allow(reply)
      .headers({
        "access-control-allow-methods": "GET, HEAD, PUT",
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
  app.put<{ Params: Params }>("/:bucket/*", async (request, reply) => {
    if (reserved.has(request.params.bucket)) return reply.callNotFound();
    void allow(reply);
    const { bucket, name } = verified(request);
    files.bucket(bucket);
    checkObjectName(name);
    const draft = files.draftPath();
    try {
      await pipeline(request.raw, createWriteStream(draft));
      const contentType = request.headers["content-type"];
      const object = await files.put(
        { bucket, name, properties: contentType ? { contentType } : {} },
        draft,
      );
      return await reply
        .headers({
          etag: `"${object.generation}"`,
          "x-goog-generation": object.generation,
          "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5Hash}`,
        })
        .send();
    } finally {
      await rm(draft, { force: true });
    }
  });
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
