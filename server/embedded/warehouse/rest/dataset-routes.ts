import type { FastifyInstance } from "fastify";
import { etagOf } from "../catalog.ts";
import { changeWarehouse } from "../change-warehouse.ts";
import type { WarehouseContext } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import type { DatasetDocument } from "../documents.ts";
import { checkEtag, isTrue, mergeProperties, page } from "./request-parts.ts";

interface DatasetParams {
  projectId: string;
  datasetId: string;
}
type Body = Record<string, unknown> | null | undefined;

const root = "/bigquery/v2/projects/:projectId/datasets";
const derived = [
  "kind",
  "etag",
  "id",
  "selfLink",
  "datasetReference",
  "location",
  "creationTime",
  "lastModifiedTime",
];

export function datasetRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  baseUrl: () => string,
): void {
  const { catalog } = context;

  app.get<{ Params: { projectId: string }; Querystring: Record<string, string> }>(
    root,
    (request) => {
      const all = catalog
        .datasets(request.params.projectId)
        .filter((d) => isTrue(request.query["all"]) || !d.datasetId.startsWith("_"));
      const { items, nextPageToken } = page(all, request.query);
      return {
        kind: "bigquery#datasetList",
        etag: etagOf(items),
        ...(nextPageToken ? { nextPageToken } : {}),
        datasets: items.map((document) => {
          const { kind, id, datasetReference, location } = datasetResource(document, baseUrl());
          const { labels, friendlyName } = document.properties;
          return {
            kind,
            id,
            datasetReference,
            location,
            ...(labels ? { labels } : {}),
            ...(friendlyName ? { friendlyName } : {}),
          };
        }),
      };
    },
  );

  app.post<{ Params: { projectId: string }; Body: Body }>(root, async (request) => {
    const body = request.body ?? {};
    const reference = body["datasetReference"] as { datasetId?: string } | undefined;
    const datasetId = String(reference?.datasetId ?? "");
    if (!/^\w{1,1024}$/.test(datasetId)) {
      throw new WarehouseError("invalid", `Invalid dataset ID "${datasetId}".`);
    }
    const { projectId } = request.params;
    const document = await changeWarehouse(context, [], (tx) => {
      if (tx.dataset(projectId, datasetId)) {
        throw new WarehouseError("duplicate", `Already Exists: Dataset ${projectId}:${datasetId}`);
      }
      const now = tx.now.getTime();
      const created: DatasetDocument = {
        projectId,
        datasetId,
        location: String(body["location"] ?? context.location).toUpperCase(),
        properties: mergeProperties({}, body, derived),
        createdAt: now,
        modifiedAt: now,
      };
      tx.setDataset(projectId, datasetId, created);
      return created;
    });
    return datasetResource(document, baseUrl());
  });

  oneDatasetRoutes(app, context, baseUrl);
}

function oneDatasetRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  baseUrl: () => string,
): void {
  const { catalog } = context;

  app.get<{ Params: DatasetParams }>(`${root}/:datasetId`, ({ params }) =>
    datasetResource(catalog.requireDataset(params.projectId, params.datasetId), baseUrl()),
  );

  app.route<{ Params: DatasetParams; Body: Body }>({
    method: ["PATCH", "PUT"],
    url: `${root}/:datasetId`,
    handler: async ({ params, body, headers, method }) => {
      const document = await changeWarehouse(context, [], (tx) => {
        const before = catalog.requireDataset(params.projectId, params.datasetId);
        checkEtag(headers["if-match"], before);
        const kept = method === "PUT" ? {} : before.properties;
        const changed: DatasetDocument = {
          ...before,
          properties: mergeProperties(kept, body ?? {}, derived),
          modifiedAt: tx.now.getTime(),
        };
        tx.setDataset(params.projectId, params.datasetId, changed);
        return changed;
      });
      return datasetResource(document, baseUrl());
    },
  });

  app.delete<{ Params: DatasetParams; Querystring: { deleteContents?: string } }>(
    `${root}/:datasetId`,
    async ({ params, query }, reply) => {
      const { projectId, datasetId } = params;
      await changeWarehouse(context, [], (tx) => {
        catalog.requireDataset(projectId, datasetId);
        const tables = catalog.tables(projectId, datasetId);
        const isEmpty = tables.length + catalog.routines(projectId, datasetId).length === 0;
        if (!isEmpty && !isTrue(query.deleteContents)) {
          throw new WarehouseError("invalid", `Dataset ${projectId}:${datasetId} is still in use`);
        }
        tx.removeDataset(projectId, datasetId);
      });
      return reply.code(204).send();
    },
  );
}

function datasetResource(document: DatasetDocument, baseUrl: string) {
  const { projectId, datasetId, location, properties, createdAt, modifiedAt } = document;
  return {
    kind: "bigquery#dataset",
    etag: etagOf(document),
    id: `${projectId}:${datasetId}`,
    selfLink: `${baseUrl}/bigquery/v2/projects/${projectId}/datasets/${datasetId}`,
    datasetReference: { projectId, datasetId },
    location,
    creationTime: String(createdAt),
    lastModifiedTime: String(modifiedAt),
    access: [],
    type: "DEFAULT",
    ...properties,
  };
}
