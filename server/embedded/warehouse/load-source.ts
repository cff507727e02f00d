import type { FieldSchema } from "../../../shared/table.ts";
import type { TableName } from "./contract.ts";
import type { StoredDigits } from "./documents.ts";

/** REST's JobConfigurationLoad, as far as it is looked at. */
export interface LoadConfiguration {
  sourceUris: string[];
  destinationTable: TableName;
  schema?: unknown;
  sourceFormat?: string;
  autodetect?: boolean;
  skipLeadingRows?: number | string;
  nullMarker?: string;
  nullMarkers?: string[];
  quote?: string;
  fieldDelimiter?: string;
  encoding?: string;
  allowQuotedNewlines?: boolean;
  allowJaggedRows?: boolean;
  ignoreUnknownValues?: boolean;
  preserveAsciiControlCharacters?: boolean;
  maxBadRecords?: number;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  timePartitioning?: unknown;
  clustering?: { fields?: string[] };
  useAvroLogicalTypes?: boolean;
  decimalTargetTypes?: string[];
  parquetOptions?: { enumAsString?: boolean; enableListInference?: boolean };
  destinationTableProperties?: Record<string, unknown>;
}

/** Files as DuckDB reads them, with BigQuery's rules for values laid over. */
export interface LoadSource {
  schema: FieldSchema[];
  /**
   * One SELECT of all rows, in the order of `schema`, which ends at the first bad one. Null where
   * only `records` reads the files as BigQuery does.
   */
  select: string | null;
  /** Columns of `select` that are narrower decimals than NUMERIC. */
  decimals?: StoredDigits[];
  /** The records one by one, with their places; null for formats that are whole or not at all. */
  records: RecordSource | null;
}

/** One record of a file. */
export interface PlacedRecord {
  /** The file's place in the job's list. */
  file: number;
  line: number;
  /** The byte at which its line begins. */
  at: number;
  /** What is wrong with its form. */
  flaw: string | null;
  texts: (string | null)[];
}

export interface RecordSource {
  /** As BigQuery calls the format in messages. */
  format: "CSV" | "JSON";
  /** What is kept of the texts `c0`, `c1` …, as expressions with their names. */
  stored: string[];
  read(): AsyncIterable<PlacedRecord>;
  /** Expressions over what is stored, one a field, for records that are not bad. */
  values: string[];
  /** Conditions under which a record is bad, with expressions that say why. */
  bad: { condition: string; message: string }[];
}
