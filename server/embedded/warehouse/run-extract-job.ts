import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { JobPlan, JobResult, WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import type { TableDocument } from "./documents.ts";
import { quoteName, quoteText } from "./field-types.ts";
import type { JobDocument } from "./job-resource.ts";
import { partitionCondition, splitDecorator } from "./partitions.ts";
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
}

const compressions: Record<string, Record<string, string>> = {
  CSV: { NONE: "none", GZIP: "gzip" },
  NEWLINE_DELIMITED_JSON: { NONE: "none", GZIP: "gzip" },
  PARQUET: { NONE: "uncompressed", SNAPPY: "snappy", GZIP: "gzip", ZSTD: "zstd" },
};
const contentTypes: Record<string, string> = {
  CSV: "text/csv",
  NEWLINE_DELIMITED_JSON: "application/json",
  PARQUET: "application/octet-stream",
};
/** From here on a wildcard's files are written side by side, one a thread. */
const shardedRows = 500_000;

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
    const rows = await tx.run(`SELECT count(*) FROM ${table.relation}${where}`);
    const count = Number((await rows.getRows())[0]?.[0] ?? 0);
    const sharded = name.includes("*") && count >= shardedRows;
    await tx.run(copyStatement(table, where, configuration, directory, sharded));
    const files = (await readdir(directory)).sort();
    for (const [i, file] of files.entries()) {
      const shard = String(i).padStart(12, "0");
      const contentType = contentTypes[configuration.destinationFormat ?? "CSV"] ?? "";
      await context.objects.put(
        { bucket, name: name.replace("*", shard), properties: { contentType } },
        join(directory, file),
      );
    }
    const { bytes } = await context.statistics.of(table);
    return {
      statistics: {
        extract: { destinationUriFileCounts: [String(files.length)], inputBytes: String(bytes) },
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function copyStatement(
  table: TableDocument,
  where: string,
  configuration: ExtractConfiguration,
  directory: string,
  sharded: boolean,
): string {
  const format = configuration.destinationFormat ?? "CSV";
  const allowed = compressions[format];
  if (!allowed) {
    throw new WarehouseError(
      "notImplemented",
      `The destination format ${format} is not supported by the local warehouse`,
    );
  }
  const compression = allowed[configuration.compression ?? "NONE"];
  if (!compression) {
    throw new WarehouseError(
      "invalid",
      `${format} cannot be compressed by ${configuration.compression}`,
    );
  }
  const { select, options } = formatOf(format, table, configuration);
  const target = sharded ? directory : join(directory, "part");
  const all = [
    ...options,
    `COMPRESSION ${compression}`,
    ...(sharded ? ["PER_THREAD_OUTPUT true"] : []),
  ];
  return `COPY (SELECT ${select} FROM ${table.relation}${where}) TO ${quoteText(target)} (${all.join(", ")})`;
}

function formatOf(
  format: string,
  table: TableDocument,
  configuration: ExtractConfiguration,
): { select: string; options: string[] } {
  if (format === "PARQUET") {
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
