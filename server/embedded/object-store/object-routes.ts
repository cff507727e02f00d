import type { FastifyInstance } from "fastify";
import { concatenate } from "./compose-object.ts";
import { listObjects } from "./list-objects.ts";
import {
  bucketResource,
  objectResource,
  type Preconditions,
  writableProperties,
} from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { sendObject } from "./send-object.ts";

interface ObjectParams {
  bucket: string;
  object: string;
}
interface CopyParams extends ObjectParams {
  targetBucket: string;
  targetObject: string;
}
type Body = Record<string, unknown> | undefined | null;

/** `/storage/v1`: Cloud Storage's JSON API, less uploads. */
export function objectRoutes(
  app: FastifyInstance,
  files: ObjectFiles,
  options: { location: string; baseUrl: () => string },
): void {
  const { baseUrl } = options;
  bucketRoutes(app, files, options);

  app.get<{ Params: { bucket: string }; Querystring: Record<string, string> }>(
    "/storage/v1/b/:bucket/o",
    (request) => {
      const { items, prefixes, nextPageToken } = listObjects(
        files,
        request.params.bucket,
        request.query,
      );
      return {
        kind: "storage#objects",
        ...(nextPageToken ? { nextPageToken } : {}),
        ...(prefixes.length > 0 ? { prefixes } : {}),
        ...(items.length > 0 ? { items: items.map((o) => objectResource(o, baseUrl())) } : {}),
      };
    },
  );

  for (const prefix of ["/storage/v1", "/download/storage/v1"]) {
    app.get<{ Params: ObjectParams; Querystring: { alt?: string } }>(
      `${prefix}/b/:bucket/o/:object`,
      (request, reply) => {
        const object = files.require(request.params.bucket, request.params.object);
        if (request.query.alt === "media") return sendObject(files, object, request, reply);
        return reply.send(objectResource(object, baseUrl()));
      },
    );
  }

  app.patch<{ Params: ObjectParams; Body: Body }>(
    "/storage/v1/b/:bucket/o/:object",
    async (request) => {
      const object = files.require(request.params.bucket, request.params.object);
      return objectResource(
        await files.update(object, writableProperties(request.body ?? {})),
        baseUrl(),
      );
    },
  );

  app.delete<{ Params: ObjectParams; Querystring: Preconditions }>(
    "/storage/v1/b/:bucket/o/:object",
    async (request, reply) => {
      await files.remove(request.params.bucket, request.params.object, request.query);
      return reply.code(204).send();
    },
  );

  copyRoutes(app, files, baseUrl);
}

function bucketRoutes(
  app: FastifyInstance,
  files: ObjectFiles,
  { location, baseUrl }: { location: string; baseUrl: () => string },
): void {
  app.get<{ Querystring: { project?: string } }>("/storage/v1/b", (request) => ({
    kind: "storage#buckets",
    items: files
      .buckets(request.query.project ?? "")
      .map((bucket) => bucketResource(bucket, baseUrl())),
  }));
  app.post<{ Querystring: { project?: string }; Body: Body }>("/storage/v1/b", async (request) => {
    const { name, location: given, ...properties } = request.body ?? {};
    const bucket = {
      name: String(name ?? ""),
      projectId: request.query.project ?? "",
      location: String(given ?? location).toUpperCase(),
      createdAt: new Date().toISOString(),
      properties,
    };
    await files.createBucket(bucket);
    return bucketResource(bucket, baseUrl());
  });
  app.get<{ Params: { bucket: string } }>("/storage/v1/b/:bucket", (request) =>
    bucketResource(files.bucket(request.params.bucket), baseUrl()),
  );
  app.delete<{ Params: { bucket: string } }>("/storage/v1/b/:bucket", async (request, reply) => {
    await files.removeBucket(request.params.bucket);
    return reply.code(204).send();
  });
}

function copyRoutes(app: FastifyInstance, files: ObjectFiles, baseUrl: () => string): void {
  const copy = async (params: CopyParams, body: Body, conditions: Preconditions) => {
    const source = files.require(params.bucket, params.object);
    const properties = { ...source.properties, ...writableProperties(body ?? {}) };
    const target = { bucket: params.targetBucket, name: params.targetObject, properties };
    return files.copy(source, target, conditions);
  };
  const target = "b/:targetBucket/o/:targetObject";
  app.post<{ Params: CopyParams; Body: Body; Querystring: Preconditions }>(
    `/storage/v1/b/:bucket/o/:object/rewriteTo/${target}`,
    async (request) => {
      const object = await copy(request.params, request.body, request.query);
      return {
        kind: "storage#rewriteResponse",
        totalBytesRewritten: String(object.bytes),
        objectSize: String(object.bytes),
        done: true,
        resource: objectResource(object, baseUrl()),
      };
    },
  );
  app.post<{ Params: CopyParams; Body: Body; Querystring: Preconditions }>(
    `/storage/v1/b/:bucket/o/:object/copyTo/${target}`,
    async (request) =>
      objectResource(await copy(request.params, request.body, request.query), baseUrl()),
  );
  app.post<{ Params: ObjectParams; Body: Body; Querystring: Preconditions }>(
    "/storage/v1/b/:bucket/o/:object/compose",
    async (request) => {
      const { bucket, object: name } = request.params;
      const sources = (request.body?.["sourceObjects"] ?? []) as { name: string }[];
      const parts = sources.map((source) => files.require(bucket, source.name));
      const draft = await concatenate(files, parts);
      const destination = (request.body?.["destination"] ?? {}) as Record<string, unknown>;
      const properties = writableProperties(destination);
      const object = await files.put({ bucket, name, properties }, draft, request.query);
      return objectResource(object, baseUrl());
    },
  );
}
