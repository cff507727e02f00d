import type { FastifyInstance } from "fastify";
import { etagOf } from "../catalog.ts";
import type { WarehouseContext } from "../context.ts";
import { WarehouseError } from "../contract.ts";
import { tableText } from "../documents.ts";
import { insertRows, type StreamedRow } from "../insert-rows.ts";
import { splitDecorator } from "../partitions.ts";
import { type PageQuery, readRows, selectFields } from "../read-rows.ts";
import { timestampsOf } from "./query-routes.ts";

interface TableParams {
  projectId: string;
  datasetId: string;
  tableId: string;
}
interface DataQuery extends PageQuery {
  selectedFields?: string;
  "formatOptions.useInt64Timestamp"?: string;
  "formatOptions.timestampOutputFormat"?: string;
}
interface InsertBody {
  rows?: StreamedRow[];
  skipInvalidRows?: boolean;
  ignoreUnknownValues?: boolean;
}

const root = "/bigquery/v2/projects/:projectId/datasets/:datasetId/tables/:tableId";

/** tabledata.list and tabledata.insertAll. */
export function tableDataRoutes(app: FastifyInstance, context: WarehouseContext): void {
  app.get<{ Params: TableParams; Querystring: DataQuery }>(
    `${root}/data`,
    async ({ params, query }) => {
      const { tableId, partition } = splitDecorator(params.tableId);
      const table = context.catalog.requireTable({ ...params, tableId });
      if (table.type === "VIEW") {
        throw new WarehouseError(
          "invalid",
          `Cannot list a table of type VIEW: ${tableText(table.name)}`,
        );
      }
      const schema = query.selectedFields
        ? selectFields(table.schema, query.selectedFields)
        : table.schema;
      const { rows, totalRows, pageToken } = await readRows(context, table, query, {
        int64Timestamps: timestampsOf(query),
        schema,
        partition,
      });
      return {
        kind: "bigquery#tableDataList",
        etag: etagOf(table),
        totalRows: String(totalRows),
        ...(pageToken ? { pageToken } : {}),
        ...(rows.length > 0 ? { rows } : {}),
      };
    },
  );

  app.post<{ Params: TableParams; Body: InsertBody }>(
    `${root}/insertAll`,
    async ({ params, body }) => {
      const insertErrors = await insertRows(context, params, {
        rows: body?.rows ?? [],
        skipInvalidRows: body?.skipInvalidRows === true,
        ignoreUnknownValues: body?.ignoreUnknownValues === true,
      });
      return {
        kind: "bigquery#tableDataInsertAllResponse",
        ...(insertErrors.length > 0 ? { insertErrors } : {}),
      };
    },
  );
}
