import type { FastifyInstance } from "fastify";
import { partOf } from "../sheets/partial-response.ts";
import { bucketRoutes } from "./bucket-routes.ts";
import { checkReadConditions, type Preconditions } from "./conditions.ts";
import { copyRoutes } from "./copy-routes.ts";
import { listObjects } from "./list-objects.ts";
import {
  mergeProperties,
  type ObjectDocument,
  type ObjectProperties,
  objectResource,
  writableProperties,
} from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { sendObject } from "./send-object.ts";
import { StorageError } from "./storage-error.ts";

interface ObjectParams {
  bucket: string;
  object: string;
}
interface ObjectQuery extends Preconditions {
  generation?: string;
  fields?: string;
}
type Body = Record<string, unknown> | undefined | null;

/** The object, if it is of the generation that the request names. Others are not kept. */
function generationOf(
  files: ObjectFiles,
  bucket: string,
  name: string,
  { generation }: { generation?: string | undefined },
): ObjectDocument {
  const object = files.require(bucket, name);
  if (generation === undefined || generation === object.generation) return object;
  throw new StorageError(404, "notFound", `No such object: ${bucket}/${name}#${generation}`);
}

function readable(
  files: ObjectFiles,
  bucket: string,
  name: string,
  query: ObjectQuery,
): ObjectDocument {
  const object = generationOf(files, bucket, name, query);
  checkReadConditions(object, query);
  return object;
}

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
      const { params, query } = request;
      for (const option of ["versions", "softDeleted"]) {
        if (query[option] !== "true") continue;
        throw new StorageError(
          501,
          "notImplemented",
          `${option} is not supported by the local cloud: objects have one generation`,
        );
      }
      const { items, prefixes, nextPageToken } = listObjects(files, params.bucket, query);
      const answer = {
        kind: "storage#objects",
        ...(nextPageToken ? { nextPageToken } : {}),
        ...(prefixes.length > 0 ? { prefixes } : {}),
        ...(items.length > 0 ? { items: items.map((o) => objectResource(o, baseUrl())) } : {}),
      };
      return partOf(answer, query["fields"]);
    },
  );

  for (const prefix of ["/storage/v1", "/download/storage/v1"]) {
    app.get<{ Params: ObjectParams; Querystring: ObjectQuery & { alt?: string } }>(
      `${prefix}/b/:bucket/o/:object`,
      (request, reply) => {
        const { params, query } = request;
        const object = readable(files, params.bucket, params.object, query);
        if (query.alt === "media") return sendObject(files, object, request, reply);
        return reply.send(partOf(objectResource(object, baseUrl()), query.fields));
      },
    );
  }

  app.route<{ Params: ObjectParams; Body: Body; Querystring: ObjectQuery }>({
    method: ["PATCH", "PUT"],
    url: "/storage/v1/b/:bucket/o/:object",
    handler: async ({ params, query, body, method }) => {
      const { bucket, name } = generationOf(files, params.bucket, params.object, query);
      const change = (before: ObjectProperties) =>
        method === "PUT" ? writableProperties(body ?? {}) : mergeProperties(before, body ?? {});
      const object = await files.update({ bucket, name }, change, query);
      return partOf(objectResource(object, baseUrl()), query.fields);
    },
  });

  app.delete<{ Params: ObjectParams; Querystring: ObjectQuery }>(
    "/storage/v1/b/:bucket/o/:object",
    async ({ params, query }, reply) => {
      generationOf(files, params.bucket, params.object, query);
      await files.remove(params.bucket, params.object, query);
      return reply.code(204).send();
    },
  );

  copyRoutes(app, files, baseUrl);
}
