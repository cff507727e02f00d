import type { FieldSchema } from "../../../shared/table.ts";
import { changeWarehouse } from "./change-warehouse.ts";
import { checkDefaults } from "./check-defaults.ts";
import { compileQuery } from "./compile-query.ts";
import type { WarehouseContext } from "./context.ts";
import { WarehouseError } from "./contract.ts";
import { createRelation } from "./create-relation.ts";
import { isLegacySql } from "./dialect.ts";
import { checkTableId, type TableDocument, tableText } from "./documents.ts";
import { parseSchema } from "./field-types.ts";
import { checkPartitioning, parsePartitioning } from "./partitions.ts";
import { defaultExpiry } from "./write-table.ts";

type Resource = Record<string, unknown>;

/** What a table resource may name and we do not have. */
const unsupported = [
  "externalDataConfiguration",
  "rangePartitioning",
  "snapshotDefinition",
  "cloneDefinition",
  "biglakeConfiguration",
];

/** Properties that are kept as they are given. */
export const keptProperties = [
  "description",
  "friendlyName",
  "labels",
  "requirePartitionFilter",
  "encryptionConfiguration",
  "tableConstraints",
];

export function propertiesOf(resource: Resource): Record<string, unknown> {
  return Object.fromEntries(
    keptProperties
      .filter((key) => resource[key] !== undefined && resource[key] !== null)
      .map((key) => [key, resource[key]]),
  );
}

/** tables.insert: an empty table or a view. */
export async function createTable(
  context: WarehouseContext,
  dataset: { projectId: string; datasetId: string },
  resource: Resource,
): Promise<TableDocument> {
  const reference = resource["tableReference"] as { tableId?: string } | undefined;
  const tableId = String(reference?.tableId ?? "");
  checkTableId(tableId);
  const construct = unsupported.find((key) => resource[key]);
  if (construct) {
    throw new WarehouseError(
      "notImplemented",
      `${construct} is not supported by the local warehouse`,
    );
  }
  const name = { projectId: dataset.projectId, datasetId: dataset.datasetId, tableId };
  const { view, special } = viewOf(resource);
  const schema = view
    ? await viewSchema(context, name.projectId, view)
    : resource["schema"]
      ? parseSchema(resource["schema"], true)
      : [];
  if (!view) await checkDefaults(context, name.projectId, schema);
  return changeWarehouse(context, [name], async (tx) => {
    tx.requireDataset(name.projectId, name.datasetId);
    if (tx.table(name)) {
      throw new WarehouseError("duplicate", `Already Exists: Table ${tableText(name)}`);
    }
    const now = tx.now.getTime();
    const expirationTime = resource["expirationTime"];
    const clustering = resource["clustering"] as { fields?: string[] } | undefined;
    const document: TableDocument = {
      name,
      type: view ? "VIEW" : "TABLE",
      ...special,
      relation: view ? "" : context.catalog.newRelation(),
      schema,
      partitioning: view ? null : parsePartitioning(resource["timePartitioning"]),
      clustering: clustering?.fields ?? [],
      viewQuery: view?.query ?? null,
      properties: propertiesOf(resource),
      expiresAt: expirationTime ? Number(expirationTime) : defaultExpiry(tx, name),
      createdAt: now,
      modifiedAt: now,
    };
    checkPartitioning(document.partitioning, document.clustering, schema);
    if (!view) await createRelation(tx, document);
    tx.setTable(document);
    return document;
  });
}

/** A materialized view is one whose rows are made when it is read. */
function viewOf(resource: Resource): {
  view: { query?: string; useLegacySql?: boolean } | undefined;
  special: Pick<TableDocument, "special">;
} {
  const materialized = resource["materializedView"] as { query?: string } | undefined;
  if (materialized) {
    const view = { query: materialized.query ?? "", useLegacySql: false };
    return { view, special: { special: "MATERIALIZED_VIEW" } };
  }
  const view = resource["view"] as { query?: string; useLegacySql?: boolean } | undefined;
  return { view, special: {} };
}

/** A view's schema is its query's; a query that does not compile is refused. */
export async function viewSchema(
  context: WarehouseContext,
  projectId: string,
  view: { query?: string; useLegacySql?: boolean },
): Promise<FieldSchema[]> {
  const isLegacy = isLegacySql(view.query ?? "", view.useLegacySql);
  if (isLegacy) {
    throw new WarehouseError(
      "notImplemented",
      "not supported by the local warehouse: views in legacy SQL (useLegacySql is true, or absent)",
    );
  }
  const { statements } = await compileQuery(
    context,
    projectId,
    { query: view.query ?? "", useLegacySql: false },
    new Date(),
  );
  const [statement, second] = statements;
  if (statement?.kind === "select" && !second) return statement.schema;
  throw new WarehouseError("invalidQuery", "A view's query must be one SELECT");
}
