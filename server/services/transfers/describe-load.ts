import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { TableDefinition } from "../../../shared/table.ts";

/**
 * The part of a load job's configuration (REST: JobConfigurationLoad) that the staged file decides;
 * the destination, its partitioning and clustering are the caller's to add. An increment is
 * appended, a whole import replaces the table unless its disposition is to append.
 */
export function describeLoad(
  bucket: string,
  result: TransferResult,
  definition: Pick<TableDefinition, "disposition" | "idColumn">,
): Record<string, unknown> {
  const appends =
    result.fromLastId !== null || (definition.disposition === "append" && !definition.idColumn);
  return {
    sourceUris: result.objects.map((name) => `gs://${bucket}/${name}`),
    sourceFormat: result.format,
    schema: { fields: result.schema },
    createDisposition: "CREATE_IF_NEEDED",
    writeDisposition: appends ? "WRITE_APPEND" : "WRITE_TRUNCATE",
    // A column that is new since: the rows that were appended before have NULL there.
    ...(appends ? { schemaUpdateOptions: ["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"] } : {}),
    ...formatOptions(result),
  };
}

function formatOptions(result: TransferResult): Record<string, unknown> {
  switch (result.format) {
    case "PARQUET":
      return { parquetOptions: { enableListInference: true } };
    case "CSV":
      return {
        nullMarker: result.nullMarker ?? "",
        allowQuotedNewlines: true,
        preserveAsciiControlCharacters: true,
        encoding: "UTF-8",
      };
    case "NEWLINE_DELIMITED_JSON":
      return {};
  }
}
