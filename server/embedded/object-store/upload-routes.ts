import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { expectedSums, type Preconditions } from "./conditions.ts";
import { readMultipart } from "./multipart.ts";
import {
  checkObjectName,
  type ObjectProperties,
  objectResource,
  writableProperties,
} from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { conditionsOf, readMetadata, receiveUpload } from "./receive-upload.ts";
import type { ResumableUploads } from "./resumable-uploads.ts";

interface UploadQuery extends Preconditions {
  uploadType?: string;
  upload_id?: string;
  name?: string;
}
type Request = FastifyRequest<{ Params: { bucket: string }; Querystring: UploadQuery }>;

/** `/upload/storage/v1`: media, multipart and resumable uploads. Bodies arrive as streams. */
export function uploadRoutes(
  app: FastifyInstance,
  files: ObjectFiles,
  uploads: ResumableUploads,
  baseUrl: () => string,
): void {
  const path = "/upload/storage/v1/b/:bucket/o";

  app.post<{ Params: { bucket: string }; Querystring: UploadQuery }>(path, (request, reply) => {
    files.bucket(request.params.bucket);
    if (request.query.upload_id) return receive(request, reply);
    if (request.query.uploadType === "resumable") return begin(request, reply);
    return uploadAtOnce(request, reply);
  });
  app.put<{ Params: { bucket: string }; Querystring: UploadQuery }>(path, (request, reply) =>
    receive(request, reply),
  );
  app.delete<{ Params: { bucket: string }; Querystring: UploadQuery }>(
    path,
    async (request, reply) => {
      await uploads.cancel(request.query.upload_id ?? "");
      // Cloud Storage's own word for a cancelled upload.
      return reply.code(499).send();
    },
  );

  async function uploadAtOnce(request: Request, reply: FastifyReply) {
    const { name, metadata, content, contentType } = await readUpload(request);
    checkObjectName(name);
    const draft = files.draftPath();
    try {
      await pipeline(content, createWriteStream(draft));
      const object = await files.put(
        {
          bucket: request.params.bucket,
          name,
          properties: propertiesOf(metadata, contentType),
        },
        draft,
        request.query,
        expectedSums(metadata, request.headers),
      );
      return await reply.send(objectResource(object, baseUrl()));
    } finally {
      await rm(draft, { force: true });
    }
  }

  async function begin(request: Request, reply: FastifyReply) {
    const metadata = await readMetadata(request.raw);
    const name = request.query.name ?? String(metadata["name"] ?? "");
    checkObjectName(name);
    const id = await uploads.begin({
      kind: "object",
      bucket: request.params.bucket,
      name,
      properties: propertiesOf(metadata, header(request, "x-upload-content-type")),
      conditions: conditionsOf(request.query),
      expected: expectedSums(metadata, {}),
    });
    const location = `${baseUrl()}/upload/storage/v1/b/${request.params.bucket}/o?uploadType=resumable&upload_id=${id}`;
    return reply.header("location", location).header("x-guploader-uploadid", id).send();
  }

  async function receive(request: Request, reply: FastifyReply) {
    const received = await receiveUpload(files, uploads, request);
    if (received.state === "incomplete") return sendIncomplete(reply, received.received);
    return reply.send(objectResource(received.object, baseUrl()));
  }
}

/** 308: what is there so far, from which the client goes on. */
export function sendIncomplete(reply: FastifyReply, received: number): FastifyReply {
  if (received > 0) void reply.header("range", `bytes=0-${received - 1}`);
  return reply.code(308).header("content-length", "0").send();
}

async function readUpload(request: Request) {
  const contentType = request.headers["content-type"];
  if (request.query.uploadType !== "multipart") {
    const name = request.query.name ?? "";
    return { name, metadata: {}, content: request.raw, contentType };
  }
  const parts = await readMultipart(request.raw, contentType ?? "");
  const name = request.query.name ?? String(parts.metadata["name"] ?? "");
  return { name, ...parts };
}

function propertiesOf(
  metadata: Record<string, unknown>,
  contentType: string | undefined,
): ObjectProperties {
  const properties = writableProperties(metadata);
  return contentType === undefined || properties.contentType !== undefined
    ? properties
    : { ...properties, contentType };
}

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
