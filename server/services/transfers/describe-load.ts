import type { TransferResult } from "../../../drizzle/schema/transfers.ts";
import type { TableDefinition } from "../../../shared/table.ts";

/**
 * The part of a load job's configuration (REST: JobConfigurationLoad) that the staged file decides;
 * the destination, its partitioning and clustering are the caller's to add. An increment is
 * appended, a whole import replaces the table unless its disposition is to append. An increment into a
 * table that was dropped meanwhile must fail, for it would be all that the table has; so must one with
 * columns that the table has not, for the rows of before would be without them for ever.
 */
export function describeLoad(
  bucket: string,
  result: TransferResult,
  definition: Pick<TableDefinition, "disposition" | "idColumn">,
): Record<string, unknown> {
  const isIncrement = result.fromLastId !== null;
  const appends = isIncrement || (definition.disposition === "append" && !definition.idColumn);
  return {
    sourceUris: result.objects.map((name) => `gs://${bucket}/${name}`),
    sourceFormat: result.format,
    schema: { fields: result.schema },
    createDisposition: isIncrement ? "CREATE_NEVER" : "CREATE_IF_NEEDED",
    writeDisposition: appends ? "WRITE_APPEND" : "WRITE_TRUNCATE",
    ...(appends ? { schemaUpdateOptions: updates(isIncrement) } : {}),
    ...formatOptions(result),
  };
}

/** Rows that were appended whole before have NULL in a column that is new. */
function updates(isIncrement: boolean): string[] {
  return isIncrement
    ? ["ALLOW_FIELD_RELAXATION"]
    : ["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"];
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
