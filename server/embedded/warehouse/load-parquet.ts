import type { FieldSchema } from "../../../shared/table.ts";
import { WarehouseError } from "./contract.ts";
import { duckdbType, fieldOfDuckdbType, quoteName, quoteText } from "./field-types.ts";
import type { LoadSource } from "./load-source.ts";
import type { SourceFile } from "./source-objects.ts";
import type { WarehouseTransaction } from "./transaction.ts";

/** Parquet files: their own types, or cast to the schema that the job names. */
export async function parquetSource(
  tx: WarehouseTransaction,
  files: SourceFile[],
  given: FieldSchema[] | null,
): Promise<LoadSource> {
  const list = files.map((file) => quoteText(file.path)).join(", ");
  const read = `SELECT * FROM read_parquet([${list}], union_by_name = true)`;
  const described = await (await tx.run(`DESCRIBE ${read}`)).getRowsJson();
  const columns = described.map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  const schema = given ?? columns.map(({ name, type }) => fieldOfDuckdbType(name, type));
  const byName = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  return {
    schema,
    raw: () => read,
    values: schema.map((field) => {
      const column = byName.get(field.name.toLowerCase());
      if (!column && field.mode === "REQUIRED") {
        throw new WarehouseError(
          "invalid",
          `Error while reading data, error message: Parquet column '${field.name}' is missing`,
        );
      }
      return column ? castColumn(field, column.name, column.type) : "NULL";
    }),
    bad: [],
  };
}

function castColumn(field: FieldSchema, name: string, type: string): string {
  const column = quoteName(name);
  if (type === "BLOB" && field.type === "STRING") return `decode(${column})`;
  if (type === "BLOB" && field.type === "JSON") return `CAST(decode(${column}) AS JSON)`;
  const target = duckdbType(field);
  return target === type ? column : `CAST(${column} AS ${target})`;
}
