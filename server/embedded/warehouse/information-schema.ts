import type { FieldSchema } from "../../../shared/table.ts";
import type { WarehouseTable } from "./contract.ts";
import { quoteText } from "./field-types.ts";

/** One view: its columns with types, and the DuckDB expressions that fill them. */
interface View {
  columns: [name: string, type: string, expression: string, fields?: FieldSchema[]][];
  from: string;
  where: (scope: { projectId: string; datasetId: string | null }) => string;
}

const youngest =
  "(SELECT key, json(document) AS j FROM meta.catalog QUALIFY row_number() OVER (PARTITION BY key ORDER BY seq DESC) = 1)";
const instant = (path: string) => `epoch_ms(CAST(${path} AS BIGINT))::TIMESTAMPTZ`;

const ofTables = ({ projectId, datasetId }: { projectId: string; datasetId: string | null }) =>
  [
    "key LIKE 't:%'",
    "j IS NOT NULL",
    "coalesce(CAST(json_extract_string(j, '$.document.expiresAt') AS BIGINT), epoch_ms(now()) + 1) > epoch_ms(now())",
    `json_extract_string(j, '$.name.projectId') = ${quoteText(projectId)}`,
    datasetId === null
      ? "NOT starts_with(json_extract_string(j, '$.name.datasetId'), '_')"
      : `json_extract_string(j, '$.name.datasetId') = ${quoteText(datasetId)}`,
  ].join(" AND ");

const tableName: View["columns"] = [
  ["table_catalog", "STRING", "json_extract_string(j, '$.name.projectId')"],
  ["table_schema", "STRING", "json_extract_string(j, '$.name.datasetId')"],
  ["table_name", "STRING", "json_extract_string(j, '$.name.tableId')"],
];

const tables: View = {
  columns: [
    ...tableName,
    [
      "table_type",
      "STRING",
      "coalesce(replace(json_extract_string(j, '$.document.special'), '_', ' '), CASE WHEN json_extract_string(j, '$.document.type') = 'VIEW' THEN 'VIEW' WHEN json_extract_string(j, '$.document.base.tableId') IS NOT NULL THEN 'CLONE' ELSE 'BASE TABLE' END)",
    ],
    ["managed_table_type", "STRING", "NULL::VARCHAR"],
    [
      "is_insertable_into",
      "STRING",
      "CASE WHEN json_extract_string(j, '$.document.type') = 'VIEW' OR json_extract_string(j, '$.document.special') IS NOT NULL THEN 'NO' ELSE 'YES' END",
    ],
    ["is_typed", "STRING", "'NO'"],
    ["is_change_history_enabled", "STRING", "'NO'"],
    ["creation_time", "TIMESTAMP", instant("json_extract_string(j, '$.document.createdAt')")],
    ["base_table_catalog", "STRING", "json_extract_string(j, '$.document.base.projectId')"],
    ["base_table_schema", "STRING", "json_extract_string(j, '$.document.base.datasetId')"],
    ["base_table_name", "STRING", "json_extract_string(j, '$.document.base.tableId')"],
    [
      "snapshot_time_ms",
      "TIMESTAMP",
      `CASE WHEN json_extract_string(j, '$.document.base.tableId') IS NOT NULL THEN ${instant("json_extract_string(j, '$.document.createdAt')")} END`,
    ],
  ],
  from: youngest,
  where: ofTables,
};

const columns: View = {
  columns: [
    ...tableName,
    ["column_name", "STRING", "json_extract_string(c, '$.name')"],
    ["ordinal_position", "INTEGER", "CAST(json_extract_string(c, '$.ordinal') AS BIGINT)"],
    ["is_nullable", "STRING", "json_extract_string(c, '$.nullable')"],
    ["data_type", "STRING", "json_extract_string(c, '$.type')"],
    ["is_generated", "STRING", "'NEVER'"],
    ["generation_expression", "STRING", "NULL::VARCHAR"],
    ["is_stored", "STRING", "NULL::VARCHAR"],
    ["is_hidden", "STRING", "'NO'"],
    ["is_updatable", "STRING", "NULL::VARCHAR"],
    ["is_system_defined", "STRING", "'NO'"],
    ["is_partitioning_column", "STRING", "json_extract_string(c, '$.partitions')"],
    [
      "clustering_ordinal_position",
      "INTEGER",
      "CAST(json_extract_string(c, '$.clusters') AS BIGINT)",
    ],
    ["collation_name", "STRING", "'NULL'"],
    ["column_default", "STRING", "coalesce(json_extract_string(c, '$.default'), 'NULL')"],
    ["rounding_mode", "STRING", "NULL::VARCHAR"],
  ],
  from: `(SELECT key, j, unnest(CAST(json_extract(j, '$.columns') AS JSON[])) AS c FROM ${youngest})`,
  where: ofTables,
};

const views: View = {
  columns: [
    ...tableName,
    ["view_definition", "STRING", "json_extract_string(j, '$.document.viewQuery')"],
    ["check_option", "STRING", "NULL::VARCHAR"],
    ["use_standard_sql", "STRING", "'YES'"],
  ],
  from: youngest,
  where: (scope) =>
    `${ofTables(scope)} AND json_extract_string(j, '$.document.type') = 'VIEW' AND json_extract_string(j, '$.document.special') IS NULL`,
};

/** Made anew at each reading, and so never refreshed. */
const materializedViews: View = {
  columns: [
    ...tableName,
    ["last_refresh_time", "TIMESTAMP", "NULL::TIMESTAMPTZ"],
    ["refresh_watermark", "TIMESTAMP", "NULL::TIMESTAMPTZ"],
    [
      "last_refresh_status",
      "RECORD",
      "NULL::STRUCT(reason VARCHAR, location VARCHAR, message VARCHAR)",
      ["reason", "location", "message"].map((name) => ({ name, type: "STRING", mode: "NULLABLE" })),
    ],
  ],
  from: youngest,
  where: (scope) =>
    `${ofTables(scope)} AND json_extract_string(j, '$.document.special') = 'MATERIALIZED_VIEW'`,
};

const schemata: View = {
  columns: [
    ["catalog_name", "STRING", "json_extract_string(j, '$.projectId')"],
    ["schema_name", "STRING", "json_extract_string(j, '$.datasetId')"],
    ["schema_owner", "STRING", "NULL::VARCHAR"],
    ["creation_time", "TIMESTAMP", instant("json_extract_string(j, '$.document.createdAt')")],
    ["last_modified_time", "TIMESTAMP", instant("json_extract_string(j, '$.document.modifiedAt')")],
    ["location", "STRING", "json_extract_string(j, '$.document.location')"],
  ],
  from: youngest,
  where: ({ projectId }) =>
    `key LIKE 'd:%' AND json_extract_string(j, '$.projectId') = ${quoteText(projectId)} AND NOT starts_with(json_extract_string(j, '$.datasetId'), '_')`,
};

const tableFields = ["project_id", "dataset_id", "table_id"].map(
  (name): FieldSchema => ({ name, type: "STRING", mode: "NULLABLE" }),
);
const texts = (...names: string[]) =>
  names.map((name): FieldSchema => ({ name, type: "STRING", mode: "NULLABLE" }));
const number = (path: string) => `CAST(json_extract_string(j, '${path}') AS BIGINT)`;
const kind = "lower(json_extract_string(j, '$.configuration.jobType'))";
const destination = `coalesce(json_extract(j, '$.configuration.' || ${kind} || '.destinationTable'), 'null')`;

const jobs: View = {
  columns: [
    ["creation_time", "TIMESTAMP", instant("json_extract_string(j, '$.statistics.creationTime')")],
    ["project_id", "STRING", "json_extract_string(j, '$.projectId')"],
    ["user_email", "STRING", "json_extract_string(j, '$.userEmail')"],
    ["job_id", "STRING", "json_extract_string(j, '$.jobId')"],
    ["job_type", "STRING", "json_extract_string(j, '$.configuration.jobType')"],
    ["statement_type", "STRING", "json_extract_string(j, '$.statistics.query.statementType')"],
    [
      "priority",
      "STRING",
      "coalesce(json_extract_string(j, '$.configuration.query.priority'), 'INTERACTIVE')",
    ],
    ["start_time", "TIMESTAMP", instant("json_extract_string(j, '$.statistics.startTime')")],
    ["end_time", "TIMESTAMP", instant("json_extract_string(j, '$.statistics.endTime')")],
    ["query", "STRING", "json_extract_string(j, '$.configuration.query.query')"],
    ["state", "STRING", "state"],
    ["total_bytes_processed", "INTEGER", number("$.statistics.totalBytesProcessed")],
    ["total_bytes_billed", "INTEGER", number("$.statistics.query.totalBytesBilled")],
    ["total_slot_ms", "INTEGER", number("$.statistics.totalSlotMs")],
    [
      "cache_hit",
      "BOOLEAN",
      "CAST(json_extract_string(j, '$.statistics.query.cacheHit') AS BOOLEAN)",
    ],
    [
      "error_result",
      "RECORD",
      "CASE WHEN json_extract_string(j, '$.outcome.error.reason') IS NOT NULL THEN struct_pack(reason := json_extract_string(j, '$.outcome.error.reason'), location := json_extract_string(j, '$.outcome.error.location'), debug_info := NULL::VARCHAR, message := json_extract_string(j, '$.outcome.error.message')) END",
      texts("reason", "location", "debug_info", "message"),
    ],
    [
      "destination_table",
      "RECORD",
      `struct_pack(project_id := json_extract_string(${destination}, '$.projectId'), dataset_id := json_extract_string(${destination}, '$.datasetId'), table_id := json_extract_string(${destination}, '$.tableId'))`,
      tableFields,
    ],
    [
      "referenced_tables",
      "RECORD[]",
      "list_transform(CAST(coalesce(json_extract(j, '$.statistics.query.referencedTables'), '[]') AS JSON[]), lambda t: struct_pack(project_id := json_extract_string(t, '$.projectId'), dataset_id := json_extract_string(t, '$.datasetId'), table_id := json_extract_string(t, '$.tableId')))",
      tableFields,
    ],
    [
      "labels",
      "RECORD[]",
      `list_transform(json_keys(coalesce(json_extract(j, '$.configuration.labels'), '{}')), lambda k: struct_pack("key" := k, "value" := json_extract_string(j, '$.configuration.labels."' || k || '"')))`,
      texts("key", "value"),
    ],
  ],
  from: "(SELECT json(coalesce(f.document, a.document)) AS j, CASE WHEN f.id IS NULL THEN 'RUNNING' ELSE 'DONE' END AS state FROM meta.accepted a FULL JOIN meta.finished f USING (id))",
  where: ({ projectId }) => `json_extract_string(j, '$.projectId') = ${quoteText(projectId)}`,
};

const byName: Record<string, View> = {
  TABLES: tables,
  COLUMNS: columns,
  VIEWS: views,
  MATERIALIZED_VIEWS: materializedViews,
  SCHEMATA: schemata,
  JOBS: jobs,
  JOBS_BY_PROJECT: jobs,
  JOBS_BY_USER: jobs,
};

/** A view of INFORMATION_SCHEMA as a relation over our own tables; undefined where there is none. */
export function informationSchema(
  projectId: string,
  datasetId: string | null,
  name: string,
): WarehouseTable | undefined {
  const view = byName[name];
  if (!view) return undefined;
  const selected = view.columns.map(([column, , expression]) => `${expression} AS "${column}"`);
  const condition = view.where({ projectId, datasetId });
  return {
    name: { projectId, datasetId: datasetId ?? "", tableId: `INFORMATION_SCHEMA.${name}` },
    type: "VIEW",
    relation: `(SELECT ${selected.join(", ")} FROM ${view.from} WHERE ${condition})`,
    schema: view.columns.map(([column, type, , fields]) => ({
      name: column,
      type: type.replace("[]", ""),
      mode: type.endsWith("[]") ? "REPEATED" : "NULLABLE",
      ...(fields ? { fields } : {}),
    })),
    partitioning: null,
    viewQuery: null,
  };
}
