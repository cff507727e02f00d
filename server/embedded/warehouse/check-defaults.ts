import type { FieldSchema } from "../../../shared/table.ts";
import { compileOptions, compileQuery } from "./compile-query.ts";
import type { WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { tableText } from "./documents.ts";
import { sqlType } from "./field-types.ts";
import { compileDefault } from "./sql/compile-default.ts";

/** The defaults of a schema that a client sent, held against their columns as CREATE TABLE would do it. */
export async function checkDefaults(
  context: WarehouseContext,
  projectId: string,
  schema: FieldSchema[],
): Promise<void> {
  for (const [at, field] of schema.entries()) {
    const { defaultValueExpression } = field;
    if (defaultValueExpression === undefined) continue;
    const query = `CREATE TABLE d.t (c${at} ${sqlType(field)} DEFAULT ${defaultValueExpression})`;
    const configuration = { query, useLegacySql: false };
    const { statements } = await compileQuery(context, projectId, configuration, new Date());
    const [statement, second] = statements;
    const [column, other] = statement?.kind === "createTable" ? statement.schema : [];
    if (column?.defaultValueExpression === defaultValueExpression && !second && !other) continue;
    throw new WarehouseError(
      "invalid",
      `Invalid default value expression of field ${field.name}: ${defaultValueExpression}`,
    );
  }
}

/** DuckDB's SQL of a column's DEFAULT. */
export type DefaultOf = (field: FieldSchema) => string;

/** The defaults of what one job or stream writes; CURRENT_TIMESTAMP is the same in all of its rows. */
export function defaultsAt(
  { catalog }: Pick<WarehouseContext, "catalog">,
  projectId: string,
  now: Date,
): DefaultOf {
  const options = compileOptions(catalog, projectId, { query: "" }, now, new Map());
  return (field) => compileDefault(field, options);
}

export function hasDefault(field: FieldSchema): boolean {
  return field.defaultValueExpression !== undefined;
}

/** Where BigQuery does not say what becomes of a DEFAULT. */
export function refuseDefaults(
  name: TableName,
  schema: FieldSchema[],
  what: string,
  remedy = "use INSERT or MERGE",
): void {
  const field = schema.find(hasDefault);
  if (!field) return;
  throw new WarehouseError(
    "notImplemented",
    `not supported by the local warehouse: ${what} ${tableText(name)}, whose column ${field.name} has a DEFAULT value (${remedy})`,
  );
}
