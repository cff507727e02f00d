import type { FieldSchema } from "../../../shared/table.ts";
import { compileQuery } from "./compile-query.ts";
import type { WarehouseContext } from "./context.ts";
import { type TableName, WarehouseError } from "./contract.ts";
import { tableText } from "./documents.ts";
import { sqlType } from "./field-types.ts";

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

/** Jobs and streams write columns that are not of the row as NULL: where a default stands they are refused. */
export function refuseDefaults(name: TableName, schema: FieldSchema[], what: string): void {
  const field = schema.find((each) => each.defaultValueExpression !== undefined);
  if (!field) return;
  throw new WarehouseError(
    "notImplemented",
    `not supported by the local warehouse: ${what} ${tableText(name)}, whose column ${field.name} has a DEFAULT value (use INSERT or MERGE)`,
  );
}
