import type { JobStep } from "../../shared/job.ts";
import type { FieldSchema, Partitioning, TableDefinition } from "../../shared/table.ts";
import { stagedExportPrefix, stagedExportTarget } from "./export-format.ts";
import { isOneQuery } from "./one-query.ts";

/*
 * BigQuery job configurations (REST: jobs resource, JobConfiguration) from table definitions.
 */

/** All that a configuration is made from. */
export interface JobInput {
  definition: TableDefinition;
  tableRunId: number;
  attempt: number;
  projectId: string;
  bucket: string;
  /** `gs://` objects that a load reads, by name in the bucket. */
  stagedObjects: string[];
  /** What the staged file decides about a load; null for the files that people upload. */
  stagedLoad: Record<string, unknown> | null;
  /** The columns of a table that is staged; null where they are not known. */
  tableSchema: FieldSchema[] | null;
}

export type JobConfigurationOf =
  | { query: Record<string, unknown> }
  | { load: Record<string, unknown> }
  | { extract: Record<string, unknown> };

export function buildJobConfiguration(step: JobStep, input: JobInput): JobConfigurationOf {
  switch (step) {
    case "query":
      return { query: queryConfiguration(input) };
    case "load":
      return { load: loadConfiguration(input) };
    case "extract":
      return { extract: extractConfiguration(input) };
    case "stage":
      return { extract: stageConfiguration(input) };
  }
}

function queryConfiguration({ definition, projectId }: JobInput): Record<string, unknown> {
  return {
    query: definition.query,
    useLegacySql: definition.legacySql,
    // Unqualified names in the SQL mean tables beside this one.
    defaultDataset: { projectId, datasetId: definition.dataset },
    ...(isOneQuery(definition.query, definition) ? queryTarget(definition, projectId) : {}),
    priority: "INTERACTIVE",
    ...(definition.costCapBytes === null
      ? {}
      : { maximumBytesBilled: String(definition.costCapBytes) }),
  };
}

function queryTarget(definition: TableDefinition, projectId: string): Record<string, unknown> {
  return {
    destinationTable: destination(definition, projectId),
    createDisposition: "CREATE_IF_NEEDED",
    writeDisposition: writeDisposition(definition),
    ...layout(definition),
    ...(definition.legacySql ? { allowLargeResults: true, flattenResults: true } : {}),
    ...(definition.disposition === "append" && !definition.legacySql
      ? { schemaUpdateOptions: ["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"] }
      : {}),
  };
}

/**
 * Whether doing the same job twice may leave its rows in a table twice: one that appends, and one
 * whose SQL says itself what it writes.
 */
export function addsRows(configuration: Record<string, unknown>): boolean {
  const target = (configuration["query"] ?? configuration["load"]) as
    | { destinationTable?: unknown; writeDisposition?: string }
    | undefined;
  if (!target) return false;
  return target.destinationTable === undefined || target.writeDisposition === "WRITE_APPEND";
}

function loadConfiguration(input: JobInput): Record<string, unknown> {
  const { definition, projectId, bucket } = input;
  const destinationTable = destination(definition, projectId);
  if (input.stagedLoad) return { ...input.stagedLoad, destinationTable, ...layout(definition) };
  return {
    sourceUris: input.stagedObjects.map((name) => `gs://${bucket}/${name}`),
    sourceFormat: definition.externalFormat,
    autodetect: definition.externalFormat !== "PARQUET",
    ...(definition.externalFormat === "CSV" ? { allowQuotedNewlines: true } : {}),
    destinationTable,
    createDisposition: "CREATE_IF_NEEDED",
    writeDisposition: writeDisposition(definition),
    ...layout(definition),
  };
}

function extractConfiguration(input: JobInput): Record<string, unknown> {
  const { definition, projectId, bucket } = input;
  const { format, extension, compression } = extractFormats[definition.extractFormat];
  return {
    sourceTable: destination(definition, projectId),
    destinationUris: [`gs://${bucket}/${extractPrefix(input)}part-*.${extension}`],
    destinationFormat: format,
    compression,
  };
}

function stageConfiguration(input: JobInput): Record<string, unknown> {
  const { definition, projectId, bucket, tableRunId, attempt, tableSchema } = input;
  const prefix = stagedExportPrefix(tableRunId, attempt);
  return {
    sourceTable: destination(definition, projectId),
    ...stagedExportTarget(bucket, prefix, tableSchema),
  };
}

const extractFormats = {
  CSV: { format: "CSV", extension: "csv.gz", compression: "GZIP" },
  NEWLINE_DELIMITED_JSON: {
    format: "NEWLINE_DELIMITED_JSON",
    extension: "json.gz",
    compression: "GZIP",
  },
  PARQUET: { format: "PARQUET", extension: "parquet", compression: "SNAPPY" },
};

/** The folder of one table run's extract, with a slash at its end. */
export function extractPrefix(input: Pick<JobInput, "definition" | "tableRunId">): string {
  return `extracts/${tableName(input.definition)}/${input.tableRunId}/`;
}

function tableName(definition: Pick<TableDefinition, "dataset" | "name">): string {
  return `${definition.dataset}.${definition.name}`;
}

function destination(definition: TableDefinition, projectId: string) {
  return { projectId, datasetId: definition.dataset, tableId: definition.name };
}

function writeDisposition(definition: TableDefinition): string {
  return definition.disposition === "append" ? "WRITE_APPEND" : "WRITE_TRUNCATE";
}

function layout({ partitioning, clustering }: TableDefinition): Record<string, unknown> {
  return {
    ...(partitioning ? { timePartitioning: timePartitioning(partitioning) } : {}),
    ...(clustering.length > 0 ? { clustering: { fields: clustering } } : {}),
  };
}

function timePartitioning({ type, field, expirationDays }: Partitioning): Record<string, unknown> {
  return {
    type,
    ...(field === null ? {} : { field }),
    ...(expirationDays === null
      ? {}
      : { expirationMs: String(Math.round(expirationDays * 86_400_000)) }),
  };
}

/** JSON with sorted keys and without absent values: equal configurations give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(",")}}`;
}

export function bqJobId(job: {
  instanceId: string;
  tableRunId: number;
  step: JobStep;
  attempt: number;
}): string {
  return `maestro_${job.instanceId}_${job.tableRunId}_${job.step}_${job.attempt}`;
}
