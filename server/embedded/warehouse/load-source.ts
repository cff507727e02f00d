import type { FieldSchema } from "../../../shared/table.ts";
import type { TableName } from "./contract.ts";

/** REST's JobConfigurationLoad, as far as it is looked at. */
export interface LoadConfiguration {
  sourceUris: string[];
  destinationTable: TableName;
  schema?: unknown;
  sourceFormat?: string;
  autodetect?: boolean;
  skipLeadingRows?: number | string;
  nullMarker?: string;
  quote?: string;
  fieldDelimiter?: string;
  encoding?: string;
  allowQuotedNewlines?: boolean;
  allowJaggedRows?: boolean;
  ignoreUnknownValues?: boolean;
  maxBadRecords?: number;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  timePartitioning?: unknown;
  clustering?: { fields?: string[] };
  destinationTableProperties?: Record<string, unknown>;
}

/** Files as DuckDB reads them, before BigQuery's rules for values are laid over. */
export interface LoadSource {
  schema: FieldSchema[];
  /** A SELECT of the raw rows. Lenient: what cannot be split into fields is left out. */
  raw(lenient: boolean): string;
  /** Expressions over the raw columns, one a field; they end the query at the first bad value. */
  values: string[];
  /** Conditions over the raw columns under which a row is bad, with expressions that say why. */
  bad: { condition: string; message: string }[];
}
