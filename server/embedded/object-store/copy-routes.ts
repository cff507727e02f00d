import type { FastifyInstance } from "fastify";
import { concatenate } from "./compose-object.ts";
import { checkPreconditions, type Preconditions, sourceConditions } from "./conditions.ts";
import { objectResource, writableProperties } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { StorageError } from "./storage-error.ts";

interface ObjectParams {
  bucket: string;
  object: string;
}
interface CopyParams extends ObjectParams {
  targetBucket: string;
  targetObject: string;
}
type CopyQuery = Preconditions & Record<string, string | undefined>;
type Body = Record<string, unknown> | undefined | null;

interface ComposeSource {
  name: string;
  /** Clients send numbers or texts. */
  generation?: string | number;
  objectPreconditions?: { ifGenerationMatch?: string | number };
}

/** rewriteTo, copyTo and compose. */
export function copyRoutes(app: FastifyInstance, files: ObjectFiles, baseUrl: () => string): void {
  const copy = async (params: CopyParams, body: Body, query: CopyQuery) => {
    const source = files.require(params.bucket, params.object);
    const { sourceGeneration } = query;
    if (sourceGeneration !== undefined && sourceGeneration !== source.generation) {
      throw new StorageError(404, "notFound", `No such object: ${source.bucket}/${source.name}`);
    }
    checkPreconditions(source, sourceConditions(query));
    // A body, empty or not, takes the place of the source's metadata.
    const given = writableProperties(body ?? {});
    const properties = Object.keys(given).length > 0 ? given : source.properties;
    const target = { bucket: params.targetBucket, name: params.targetObject, properties };
    return files.copy(source, target, query);
  };
  const target = "b/:targetBucket/o/:targetObject";
  app.post<{ Params: CopyParams; Body: Body; Querystring: CopyQuery }>(
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
  app.post<{ Params: CopyParams; Body: Body; Querystring: CopyQuery }>(
    `/storage/v1/b/:bucket/o/:object/copyTo/${target}`,
    async (request) =>
      objectResource(await copy(request.params, request.body, request.query), baseUrl()),
  );
  app.post<{ Params: ObjectParams; Body: Body; Querystring: Preconditions }>(
    "/storage/v1/b/:bucket/o/:object/compose",
    async (request) => {
      const { bucket, object: name } = request.params;
      const sources = (request.body?.["sourceObjects"] ?? []) as ComposeSource[];
      const parts = sources.map((source) => {
        const part = files.require(bucket, source.name);
        const wanted = source.objectPreconditions?.ifGenerationMatch ?? source.generation;
        if (wanted !== undefined) checkPreconditions(part, { ifGenerationMatch: String(wanted) });
        return part;
      });
      const draft = await concatenate(files, parts);
      const destination = (request.body?.["destination"] ?? {}) as Record<string, unknown>;
      const properties = writableProperties(destination);
      const object = await files.put({ bucket, name, properties }, draft, request.query);
      return {
        ...objectResource(object, baseUrl()),
        componentCount: parts.length,
      };
    },
  );
}
