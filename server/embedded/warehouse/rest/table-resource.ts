import { etagOf } from "../catalog.ts";
import type { WarehouseContext } from "../context.ts";
import type { TableDocument } from "../documents.ts";
import { partitionCondition } from "../partitions.ts";

/** What tables.list shows, and the beginning of every table resource. */
export function tableSummary(table: TableDocument) {
  const { projectId, datasetId, tableId } = table.name;
  const { partitioning, clustering, properties } = table;
  return {
    id: `${projectId}:${datasetId}.${tableId}`,
    tableReference: { projectId, datasetId, tableId },
    type: table.special ?? table.type,
    creationTime: String(table.createdAt),
    ...(table.expiresAt === null ? {} : { expirationTime: String(table.expiresAt) }),
    ...(partitioning
      ? {
          timePartitioning: {
            type: partitioning.type,
            ...(partitioning.field === null ? {} : { field: partitioning.field }),
            ...(partitioning.expirationMs === null
              ? {}
              : { expirationMs: String(partitioning.expirationMs) }),
          },
        }
      : {}),
    ...(clustering.length > 0 ? { clustering: { fields: clustering } } : {}),
    ...viewOf(table),
    ...(table.special === "SNAPSHOT"
      ? { snapshotDefinition: definitionOf(table, "snapshotTime") }
      : {}),
    ...(table.base && !table.special ? { cloneDefinition: definitionOf(table, "cloneTime") } : {}),
    ...(properties["labels"] ? { labels: properties["labels"] } : {}),
    ...(properties["friendlyName"] ? { friendlyName: properties["friendlyName"] } : {}),
  };
}

function viewOf(table: TableDocument) {
  if (table.special === "MATERIALIZED_VIEW") {
    return { materializedView: { query: table.viewQuery, enableRefresh: false } };
  }
  return table.type === "VIEW" ? { view: { query: table.viewQuery, useLegacySql: false } } : {};
}

function definitionOf(table: TableDocument, time: "snapshotTime" | "cloneTime") {
  return { baseTableReference: table.base, [time]: new Date(table.createdAt).toISOString() };
}

/** REST's table resource; of one partition where the name has a decorator. */
export async function tableResource(
  context: WarehouseContext,
  table: TableDocument,
  partition: string | null,
  baseUrl: string,
) {
  const { projectId, datasetId, tableId } = table.name;
  const { rows, bytes } = await sizes(context, table, partition);
  return {
    kind: "bigquery#table",
    etag: etagOf(table),
    selfLink: `${baseUrl}/bigquery/v2/projects/${projectId}/datasets/${datasetId}/tables/${tableId}`,
    ...tableSummary(table),
    ...table.properties,
    schema: { fields: table.schema },
    location: context.catalog.dataset(projectId, datasetId)?.location ?? context.location,
    lastModifiedTime: String(table.modifiedAt),
    ...(table.type === "VIEW"
      ? {}
      : {
          numRows: String(rows),
          numBytes: String(bytes),
          numLongTermBytes: "0",
          numTotalLogicalBytes: String(bytes),
          numActiveLogicalBytes: String(bytes),
          numLongTermLogicalBytes: "0",
        }),
  };
}

async function sizes(
  context: WarehouseContext,
  table: TableDocument,
  partition: string | null,
): Promise<{ rows: number; bytes: number }> {
  if (partition === null || !table.partitioning) return context.statistics.of(table);
  const condition = partitionCondition(table.partitioning, partition);
  return context.statistics.where(table, condition);
}
