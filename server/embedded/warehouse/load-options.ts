import { WarehouseError } from "./contract.ts";
import type { LoadConfiguration } from "./load-source.ts";

/** What a load job may name and we do not have; false, null and empty lists are as good as absent. */
const unsupported = [
  "hivePartitioningOptions",
  "rangePartitioning",
  "projectionFields",
  "referenceFileSchemaUri",
  "connectionProperties",
  "createSession",
  "copyFilesOnly",
  "sourceColumnMatch",
  "timeZone",
  "dateFormat",
  "datetimeFormat",
  "timeFormat",
  "timestampFormat",
  "schemaInline",
] as const;

const formats = new Set(["CSV", "NEWLINE_DELIMITED_JSON", "PARQUET", "AVRO"]);
const knownOnly: Record<string, string[]> = {
  jsonExtension: ["JSON_EXTENSION_UNSPECIFIED"],
  columnNameCharacterMap: ["COLUMN_NAME_CHARACTER_MAP_UNSPECIFIED", "STRICT"],
  fileSetSpecType: ["FILE_SET_SPEC_TYPE_FILE_SYSTEM_MATCH"],
};
const updateOptions = new Set(["ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"]);

/** Throws for options that are unknown to us or do not go together, by their names. */
export function checkLoadOptions(configuration: LoadConfiguration): void {
  const format = configuration.sourceFormat ?? "CSV";
  if (!formats.has(format)) {
    throw refusal(`The source format ${format} is`);
  }
  const named = configuration as unknown as Record<string, unknown>;
  const construct = unsupported.find((key) => isGiven(named[key]));
  if (construct) throw refusal(`The load option ${construct} is`);
  for (const [key, allowed] of Object.entries(knownOnly)) {
    const value = named[key];
    if (isGiven(value) && !allowed.includes(String(value))) throw refusal(`${key} ${value} is`);
  }
  count("maxBadRecords", configuration.maxBadRecords);
  count("skipLeadingRows", configuration.skipLeadingRows);
  checkUpdates(configuration);
}

function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== "";
}

function count(name: string, value: number | string | undefined): void {
  if (value === undefined || value === null) return;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return;
  throw new WarehouseError("invalid", `Invalid value for ${name}: ${value}`);
}

function checkUpdates(configuration: LoadConfiguration): void {
  const { schemaUpdateOptions = [], writeDisposition = "WRITE_APPEND" } = configuration;
  const unknown = schemaUpdateOptions.find((option) => !updateOptions.has(option));
  if (unknown) {
    throw new WarehouseError("invalid", `Invalid value for schemaUpdateOptions: ${unknown}`);
  }
  const isPartition = configuration.destinationTable.tableId.includes("$");
  const allowed =
    writeDisposition === "WRITE_APPEND" || (writeDisposition === "WRITE_TRUNCATE" && isPartition);
  if (schemaUpdateOptions.length === 0 || allowed) return;
  throw new WarehouseError(
    "invalid",
    "Schema update options should only be specified with WRITE_APPEND disposition, or with WRITE_TRUNCATE disposition on a table partition.",
  );
}

function refusal(what: string): WarehouseError {
  return new WarehouseError("notImplemented", `${what} not supported by the local warehouse`);
}
