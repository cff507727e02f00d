import type { FieldSchema } from "../../../shared/table.ts";
import { digitsOf } from "./column-digits.ts";
import { WarehouseError } from "./contract.ts";
import type { StoredDigits } from "./documents.ts";
import { duckdbType, quoteName, quoteText } from "./field-types.ts";
import {
  type ParquetColumn,
  type ParquetOptions,
  parquetColumn,
  parquetTree,
} from "./formats/parquet-fields.ts";
import type { LoadConfiguration, LoadSource } from "./load-source.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/**
 * Parquet files: the schema of the last by name, as in BigQuery, or cast to the one that the job
 * names.
 */
export async function parquetSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  configuration: LoadConfiguration,
  given: FieldSchema[] | null,
): Promise<LoadSource> {
  const options: ParquetOptions = {
    listInference: configuration.parquetOptions?.enableListInference === true,
    enumAsString: configuration.parquetOptions?.enumAsString === true,
    decimalTypes: configuration.decimalTargetTypes ?? ["NUMERIC"],
  };
  const last = files.reduce((a, b) => (a.uri < b.uri ? b : a));
  const found = await tx.run(
    `SELECT name, type, repetition_type, num_children, converted_type, logical_type, precision, scale FROM parquet_schema(${quoteText(last.path)})`,
  );
  const tree = parquetTree(await found.getRowsJson());
  const columns = tree.children.map((node) => parquetColumn(node, options));
  const schema = given ?? columns.map(({ field }) => field);
  const byName = new Map(columns.map((column) => [column.field.name.toLowerCase(), column]));
  const list = files.map((file) => quoteText(file.path)).join(", ");
  const rows = `FROM read_parquet([${list}], union_by_name = true)`;
  const decimals: StoredDigits[] = [];
  const narrow = await narrowColumns(tx, rows);
  const values = schema.map((field) => {
    const column = byName.get(field.name.toLowerCase());
    const isNumeric = [field, column?.field].every((each) => each && isPlainNumeric(each));
    const digits = column && isNumeric ? narrow.get(column.field.name) : undefined;
    if (!column || !digits) return wholeArray(field, readColumn(field, column));
    decimals.push({ ...digits, name: field.name });
    return quoteName(column.field.name);
  });
  const select = `SELECT ${values.join(", ")} ${rows}`;
  return {
    schema,
    select,
    ...(decimals.length > 0 ? { decimals } : {}),
    records: null,
  };
}

function isPlainNumeric({ type, mode }: FieldSchema): boolean {
  return type === "NUMERIC" && mode !== "REPEATED";
}

/** The decimals that DuckDB reads, of all files together. */
async function narrowColumns(
  tx: WarehouseTransaction,
  rows: string,
): Promise<Map<string, StoredDigits>> {
  const found = await (await tx.run(`DESCRIBE SELECT * ${rows}`)).getRows();
  return new Map(
    found.flatMap(([name, type]): [string, StoredDigits][] => {
      const digits = digitsOf(String(name), String(type));
      return digits ? [[digits.name, digits]] : [];
    }),
  );
}

/** No table stores an array with a NULL in it. */
function wholeArray({ name, mode }: FieldSchema, value: string): string {
  if (mode !== "REPEATED" || value === "NULL") return value;
  const message = `Only optional fields can be set to NULL. Field: ${name}; Value: NULL`;
  return `CASE WHEN len(list_filter(${value}, lambda e: e IS NULL)) > 0 THEN error(${quoteText(message)}) ELSE ${value} END`;
}

function readColumn(field: FieldSchema, column: ParquetColumn | undefined): string {
  if (!column) {
    if (field.mode !== "REQUIRED") return "NULL";
    throw new WarehouseError(
      "invalid",
      `Error while reading data, error message: Parquet column '${field.name}' is missing`,
    );
  }
  const { field: own } = column;
  if ((own.mode === "REPEATED") !== (field.mode === "REPEATED")) {
    throw new WarehouseError(
      "invalid",
      `Provided schema is not compatible with the file. Field '${field.name}' is specified as ${field.mode} in provided schema which does not match ${own.mode} as specified in the file.`,
    );
  }
  const value = column.value(quoteName(own.name));
  if (sameType(own, field)) return value;
  if (own.type === "BYTES" && field.type === "STRING") return `decode(${value})`;
  if (own.type === "BYTES" && field.type === "JSON") return `CAST(decode(${value}) AS JSON)`;
  if (field.type === "BIGNUMERIC" && ["INTEGER", "NUMERIC"].includes(own.type)) {
    return `maestro_parse_big(CAST(${value} AS VARCHAR))`;
  }
  return `CAST(${value} AS ${duckdbType(field)})`;
}

function sameType(a: FieldSchema, b: FieldSchema): boolean {
  return duckdbType(a) === duckdbType(b);
}
