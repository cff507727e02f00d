import type { FastifyInstance } from "fastify";
import { partOf } from "../sheets/partial-response.ts";
import { checkPreconditions, type Preconditions } from "./conditions.ts";
import { bucketResource } from "./object-document.ts";
import type { ObjectFiles } from "./object-files.ts";
import { StorageError } from "./storage-error.ts";

type Body = Record<string, unknown> | undefined | null;
type ListQuery = Partial<
  Record<"project" | "prefix" | "maxResults" | "pageToken" | "fields", string>
>;
interface BucketQuery extends Preconditions {
  fields?: string;
}

/** What a bucket is made of and not told. */
const derived = new Set([
  "name",
  "id",
  "kind",
  "location",
  "projectNumber",
  "metageneration",
  "etag",
]);

/** Buckets: list, insert, get, patch, update, delete. */
export function bucketRoutes(
  app: FastifyInstance,
  files: ObjectFiles,
  { location, baseUrl }: { location: string; baseUrl: () => string },
): void {
  const path = "/storage/v1/b/:bucket";

  app.get<{ Querystring: ListQuery }>("/storage/v1/b", ({ query }) => {
    const { project = "", prefix = "", pageToken = "" } = query;
    const limit = Math.max(1, Number(query.maxResults ?? 1000) || 1000);
    const all = files
      .buckets(project)
      .filter(({ name }) => name.startsWith(prefix) && name > pageToken);
    const shown = all.slice(0, limit);
    const answer = {
      kind: "storage#buckets",
      ...(all.length > limit ? { nextPageToken: shown.at(-1)?.name } : {}),
      items: shown.map((bucket) => bucketResource(bucket, baseUrl())),
    };
    return partOf(answer, query.fields);
  });
  app.post<{ Querystring: ListQuery; Body: Body }>("/storage/v1/b", async (request) => {
    const { name, location: given, ...properties } = request.body ?? {};
    const bucket = {
      name: String(name ?? ""),
      projectId: request.query.project ?? "",
      location: String(given ?? location).toUpperCase(),
      createdAt: new Date().toISOString(),
      properties: writable(properties),
    };
    await files.createBucket(bucket);
    return bucketResource(bucket, baseUrl());
  });
  app.get<{ Params: { bucket: string }; Querystring: BucketQuery }>(path, ({ params, query }) => {
    const bucket = files.bucket(params.bucket);
    const { metageneration = "1" } = bucket;
    checkPreconditions({ generation: "0", metageneration }, query);
    return partOf(bucketResource(bucket, baseUrl()), query.fields);
  });
  app.route<{ Params: { bucket: string }; Body: Body; Querystring: BucketQuery }>({
    method: ["PATCH", "PUT"],
    url: path,
    handler: async ({ params, body, query, method }) => {
      const change = (before: Record<string, unknown>) =>
        merged(method === "PUT" ? {} : before, writable(body ?? {}));
      const bucket = await files.updateBucket(params.bucket, change, query);
      return partOf(bucketResource(bucket, baseUrl()), query.fields);
    },
  });
  app.delete<{ Params: { bucket: string } }>(path, async (request, reply) => {
    await files.removeBucket(request.params.bucket);
    return reply.code(204).send();
  });
}

/** What would have to be done, and is not. */
const unsupported = ["versioning", "lifecycle", "retentionPolicy", "defaultEventBasedHold"];

function writable(input: Record<string, unknown>): Record<string, unknown> {
  const asked = unsupported.find((key) => isOn(input[key]));
  if (asked) {
    throw new StorageError(
      501,
      "notImplemented",
      `The bucket property ${asked} is not supported by the local cloud`,
    );
  }
  return Object.fromEntries(Object.entries(input).filter(([key]) => !derived.has(key)));
}

function isOn(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === true;
  const { enabled, rule } = value as { enabled?: boolean; rule?: unknown[] };
  if (enabled !== undefined) return enabled;
  return rule === undefined ? Object.keys(value).length > 0 : rule.length > 0;
}

/** null removes, within labels too. */
function merged(
  before: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const labels =
    typeof patch["labels"] === "object" && patch["labels"] !== null
      ? { labels: present({ ...(before["labels"] as object | undefined), ...patch["labels"] }) }
      : {};
  return present({ ...before, ...patch, ...labels });
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
