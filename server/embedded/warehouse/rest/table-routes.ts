import type { FastifyInstance } from "fastify";
import { etagOf } from "../catalog.ts";
import { changeWarehouse } from "../change-warehouse.ts";
import type { WarehouseContext } from "../context.ts";
import { createTable } from "../create-table.ts";
import { splitDecorator } from "../partitions.ts";
import { type PatchBody, patchTable } from "../patch-table.ts";
import { checkEtag, page } from "./request-parts.ts";
import { tableResource, tableSummary } from "./table-resource.ts";

interface DatasetParams {
  projectId: string;
  datasetId: string;
}
interface TableParams extends DatasetParams {
  tableId: string;
}

const root = "/bigquery/v2/projects/:projectId/datasets/:datasetId/tables";

/** tables.insert, get, list, patch, update, delete. */
export function tableRoutes(
  app: FastifyInstance,
  context: WarehouseContext,
  baseUrl: () => string,
): void {
  const { catalog } = context;

  app.get<{ Params: DatasetParams; Querystring: Record<string, string> }>(
    root,
    ({ params, query }) => {
      catalog.requireDataset(params.projectId, params.datasetId);
      const all = catalog.tables(params.projectId, params.datasetId);
      const { items, nextPageToken } = page(all, query);
      return {
        kind: "bigquery#tableList",
        etag: etagOf(items),
        ...(nextPageToken ? { nextPageToken } : {}),
        tables: items.map((table) => ({ kind: "bigquery#table", ...tableSummary(table) })),
        totalItems: all.length,
      };
    },
  );

  app.post<{ Params: DatasetParams; Body: Record<string, unknown> }>(
    root,
    async ({ params, body }) => {
      const table = await createTable(context, params, body ?? {});
      return tableResource(context, table, null, baseUrl());
    },
  );

  app.get<{ Params: TableParams }>(`${root}/:tableId`, ({ params }) => {
    const { tableId, partition } = splitDecorator(params.tableId);
    const table = catalog.requireTable({ ...params, tableId });
    return tableResource(context, table, partition, baseUrl());
  });

  app.route<{ Params: TableParams; Body: PatchBody }>({
    method: ["PATCH", "PUT"],
    url: `${root}/:tableId`,
    handler: async ({ params, body, headers, method }) => {
      const table = await changeWarehouse(context, [params], async (tx) => {
        const before = tx.requireTable(params);
        checkEtag(headers["if-match"], before);
        return patchTable(context, tx, before, body ?? {}, method === "PUT");
      });
      return tableResource(context, table, null, baseUrl());
    },
  });

  app.delete<{ Params: TableParams }>(`${root}/:tableId`, async ({ params }, reply) => {
    const { tableId, partition } = splitDecorator(params.tableId);
    const name = { ...params, tableId };
    await changeWarehouse(context, [name], async (tx) => {
      const table = tx.requireTable(name);
      if (partition === null) tx.removeTable(name);
      else await tx.removePartition(table, partition);
    });
    return reply.code(204).send();
  });
}
