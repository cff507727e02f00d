import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FieldSchema } from "../../../shared/table.ts";
import { wideRelation } from "./column-digits.ts";
import type { JobPlan, JobResult, WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { type TableDocument, tableText } from "./documents.ts";
import { extractAvro } from "./extract-avro.ts";
import { quoteName, quoteText } from "./field-types.ts";
import type { AvroCodec } from "./formats/avro-container.ts";
import type { JobDocument } from "./job-resource.ts";
import { partitionCondition, splitDecorator } from "./partitions.ts";
import { selected } from "./read-rows.ts";
import { parseUri } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";
import { csvText, jsonLine } from "./write-values.ts";

interface ExtractConfiguration {
  sourceTable: TableName;
  destinationUri?: string;
  destinationUris?: string[];
  destinationFormat?: string;
  compression?: string;
  fieldDelimiter?: string;
  printHeader?: boolean;
  useAvroLogicalTypes?: boolean;
}

const compressions: Record<string, Record<string, string>> = {
  AVRO: { NONE: "null", DEFLATE: "deflate", SNAPPY: "snappy" },
  CSV: { NONE: "none", GZIP: "gzip" },
  NEWLINE_DELIMITED_JSON: { NONE: "none", GZIP: "gzip" },
  PARQUET: { NONE: "uncompressed", SNAPPY: "snappy", GZIP: "gzip", ZSTD: "zstd" },
};
const contentTypes: Record<string, string> = {
  AVRO: "application/octet-stream",
  CSV: "text/csv",
  NEWLINE_DELIMITED_JSON: "application/json",
  PARQUET: "application/octet-stream",
};
/** From here on a wildcard's files are written side by side, one a thread. */
const shardedRows = 500_000;
/** What one file may hold, by the sizes of the values. */
const maxFileBytes = 10 ** 9;

export async function planExtract(context: WarehouseContext, job: JobDocument): Promise<JobPlan> {
  const configuration = job.configuration["extract"] as ExtractConfiguration;
  if (!configuration.sourceTable?.tableId) {
    throw new WarehouseError(
      "notImplemented",
      "Only tables can be extracted by the local warehouse",
    );
  }
  return {
    locks: [],
    stillValid: () => true,
    execute: (tx) => extract(tx, context, configuration),
  };
}

/**
 * Files are written beside and become objects when all are complete. A kill before the job's end is
 * recorded leaves objects that the job, when it runs again, writes anew under the same names.
 */
async function extract(
  tx: WarehouseTransaction,
  context: WarehouseContext,
  configuration: ExtractConfiguration,
): Promise<JobResult> {
  const { tableId, partition } = splitDecorator(configuration.sourceTable.tableId);
  const table = tx.requireTable({ ...configuration.sourceTable, tableId });
  if (table.type === "VIEW") {
    throw new WarehouseError("invalid", "Views cannot be extracted: extract a table made from it");
  }
  const uris = configuration.destinationUris ?? [configuration.destinationUri ?? ""];
  const [uri = ""] = uris;
  if (uris.length !== 1) {
    throw new WarehouseError(
      "notImplemented",
      "More than one destination URI is not supported by the local warehouse",
    );
  }
  const { bucket, name } = parseUri(uri);
  context.objects.bucket(bucket);
  const directory = join(context.stagingDirectory, randomUUID());
  await mkdir(directory, { recursive: true });
  try {
    const where =
      partition !== null && table.partitioning
        ? ` WHERE ${partitionCondition(table.partitioning, partition)}`
        : "";
    const { bytes } = await context.statistics.of(table);
    checkSize(table, partition, uri, bytes);
    const form = formOf(configuration);
    const plan = { table, where, configuration, directory, isWildcard: name.includes("*") };
    if (form.format === "AVRO") await writeAvro(tx, plan, form.compression as AvroCodec);
    else await copy(tx, plan, form);
    const files = (await readdir(directory)).sort();
    for (const [i, file] of files.entries()) {
      const shard = String(i).padStart(12, "0");
      const contentType = contentTypes[form.format] ?? "";
      await context.objects.put(
        { bucket, name: name.replace("*", shard), properties: { contentType } },
        join(directory, file),
      );
    }
    return {
      statistics: {
        extract: { destinationUriFileCounts: [String(files.length)], inputBytes: String(bytes) },
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** BigQuery writes at most 1 GB into a file. */
function checkSize(
  table: TableDocument,
  partition: string | null,
  uri: string,
  bytes: number,
): void {
  if (uri.includes("*") || partition !== null || bytes <= maxFileBytes) return;
  throw new WarehouseError(
    "invalid",
    `Table ${tableText(table.name)} too large to be exported to a single file. Specify a uri including a * to shard export. See 'Exporting data into one or more files' in https://cloud.google.com/bigquery/docs/exporting-data.`,
  );
}

interface ExtractPlan {
  table: TableDocument;
  /** Empty, or a condition for the partition's rows. */
  where: string;
  configuration: ExtractConfiguration;
  directory: string;
  isWildcard: boolean;
}

interface Form {
  format: string;
  /** As DuckDB or Avro call it. */
  compression: string;
}

function formOf(configuration: ExtractConfiguration): Form {
  const format = configuration.destinationFormat ?? "CSV";
  const allowed = compressions[format];
  if (!allowed) {
    throw new WarehouseError(
      "notImplemented",
      `The destination format ${format} is not supported by the local warehouse`,
    );
  }
  const compression = allowed[configuration.compression ?? "NONE"];
  if (compression) return { format, compression };
  throw new WarehouseError(
    "invalid",
    `${format} cannot be compressed by ${configuration.compression}`,
  );
}

async function writeAvro(
  tx: WarehouseTransaction,
  { table, where, configuration, directory, isWildcard }: ExtractPlan,
  codec: AvroCodec,
): Promise<void> {
  const columns = table.schema.map((field) => selected(field, quoteName(field.name)));
  await extractAvro(tx, `SELECT ${columns.join(", ")} FROM ${wideRelation(table)}${where}`, {
    schema: table.schema,
    logicalTypes: configuration.useAvroLogicalTypes === true,
    codec,
    maxFileBytes: isWildcard ? maxFileBytes : Number.POSITIVE_INFINITY,
    path: (file) => join(directory, `part-${String(file).padStart(6, "0")}`),
  });
}

async function copy(
  tx: WarehouseTransaction,
  { table, where, configuration, directory, isWildcard }: ExtractPlan,
  { format, compression }: Form,
): Promise<void> {
  const rows = await tx.run(`SELECT count(*) FROM ${table.relation}${where}`);
  const sharded = isWildcard && Number((await rows.getRows())[0]?.[0] ?? 0) >= shardedRows;
  const { select, options } = formatOf(format, table, configuration);
  const target = sharded ? directory : join(directory, "part");
  const all = [
    ...options,
    `COMPRESSION ${compression}`,
    ...(sharded ? ["PER_THREAD_OUTPUT true"] : []),
  ];
  await tx.run(
    `COPY (SELECT ${select} FROM ${wideRelation(table)}${where}) TO ${quoteText(target)} (${all.join(", ")})`,
  );
}

function formatOf(
  format: string,
  table: TableDocument,
  configuration: ExtractConfiguration,
): { select: string; options: string[] } {
  if (format === "PARQUET") {
    refuseInParquet(table.schema);
    const columns = table.schema.map((field) => quoteName(field.name));
    return { select: columns.join(", "), options: ["FORMAT parquet"] };
  }
  if (format === "CSV") {
    const columns = table.schema.map((field) => `${csvText(field)} AS ${quoteName(field.name)}`);
    const { fieldDelimiter = ",", printHeader = true } = configuration;
    const delimiter = fieldDelimiter === "tab" || fieldDelimiter === "\\t" ? "\t" : fieldDelimiter;
    const options = ["FORMAT csv", `HEADER ${printHeader}`, `DELIMITER ${quoteText(delimiter)}`];
    return { select: columns.join(", "), options };
  }
  // Escaped JSON has no control characters, so a line needs no quoting.
  const options = ["FORMAT csv", "HEADER false", "QUOTE ''", "ESCAPE ''", "DELIMITER '\x01'"];
  return { select: jsonLine(table.schema), options };
}

/** Types that DuckDB writes to Parquet in another form than BigQuery. */
const notInParquet = new Set(["BIGNUMERIC", "INTERVAL", "RANGE"]);

function refuseInParquet(schema: FieldSchema[]): void {
  for (const field of schema) {
    if (notInParquet.has(field.type)) {
      throw new WarehouseError(
        "notImplemented",
        `Extracting ${field.type} to Parquet is not supported by the local warehouse (field ${field.name})`,
      );
    }
    refuseInParquet(field.fields ?? []);
  }
}
