import type { FieldSchema } from "../../shared/table.ts";

/*
 * The files between BigQuery and a database that a table is exported to.
 *
 * Parquet where it carries every type of the table as it is: it is read twice as fast as JSON lines and
 * tells NULL from '' and one type from another. JSON lines otherwise: BigQuery writes no JSON, INTERVAL
 * or RANGE column to Parquet, a BIGNUMERIC of 76 digits is more than readers of Parquet take, and a
 * GEOGRAPHY is well-known text in JSON lines alone.
 */

export type StagedExportFormat = "PARQUET" | "NEWLINE_DELIMITED_JSON";

const inParquet = new Set([
  "STRING",
  "BYTES",
  "INTEGER",
  "INT64",
  "FLOAT",
  "FLOAT64",
  "BOOLEAN",
  "BOOL",
  "NUMERIC",
  "DATE",
  "DATETIME",
  "TIMESTAMP",
  "TIME",
]);

/** Without a schema: the format that carries any. */
export function stagedExportFormat(schema: FieldSchema[] | null): StagedExportFormat {
  return schema?.every(isInParquet) ? "PARQUET" : "NEWLINE_DELIMITED_JSON";
}

function isInParquet(field: FieldSchema): boolean {
  return field.fields ? field.fields.every(isInParquet) : inParquet.has(field.type);
}

/**
 * The part of an extract job's configuration (REST: JobConfigurationExtract) that stages a table for
 * its export; the source table is the caller's to add. `prefix` ends in a slash, and nothing else may
 * stand under it: an export reads all that does.
 */
export function stagedExportTarget(
  bucket: string,
  prefix: string,
  schema: FieldSchema[] | null,
): Record<string, unknown> {
  const format = stagedExportFormat(schema);
  const { extension, compression } = files[format];
  return {
    destinationUris: [`gs://${bucket}/${prefix}part-*.${extension}`],
    destinationFormat: format,
    compression,
  };
}

const files: Record<StagedExportFormat, { extension: string; compression: string }> = {
  PARQUET: { extension: "parquet", compression: "ZSTD" },
  NEWLINE_DELIMITED_JSON: { extension: "json.gz", compression: "GZIP" },
};

/** By the names of its files; null where they are not of one such format. */
export function formatOfStagedFiles(names: string[]): StagedExportFormat | null {
  for (const format of ["PARQUET", "NEWLINE_DELIMITED_JSON"] as const) {
    const ending = `.${files[format].extension}`;
    if (names.length > 0 && names.every((name) => name.endsWith(ending))) return format;
  }
  return null;
}

/** Where one attempt stages the files of a table run's export, with a slash at its end. */
export function stagedExportPrefix(tableRunId: number, attempt: number): string {
  return `${stagedExportsOf(tableRunId)}${attempt}/`;
}

/** Where all attempts do. */
export function stagedExportsOf(tableRunId: number): string {
  return `exports/${tableRunId}/`;
}
