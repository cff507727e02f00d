import type { SourceTable } from "../../shared/database.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { connectMysql, describeMysqlFault, queryMysql } from "./mysql-connection.ts";

/** More tables than this are not listed: the browser is for choosing one. */
const mostTables = 2_000;

/**
 * The tables and views of which the user may read a column, in all databases of the server; the system's
 * own left out. What may be read is what information_schema shows, which is empty where there is no right.
 */
export async function browseMysql(address: DatabaseAddress): Promise<SourceTable[]> {
  const connection = await connectMysql(address);
  try {
    await connection.query("set session transaction read only");
    const tables = await queryMysql(
      connection,
      `select table_schema as \`schema\`, table_name as name, table_rows as approximate
       from information_schema.tables
       where table_type <> 'SEQUENCE'
         and table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys')
       order by 1, 2 limit ${mostTables}`,
    );
    const columns = await queryMysql(
      connection,
      `select table_schema as \`schema\`, table_name as \`table\`, column_name as name, column_type as type
       from information_schema.columns
       where find_in_set('select', privileges)
         and table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys')
       order by 1, 2, ordinal_position`,
    );
    const byTable = Map.groupBy(columns, (column) => keyOf(column["schema"], column["table"]));
    return tables.flatMap((table) => {
      const own = byTable.get(keyOf(table["schema"], table["name"]));
      return own ? [describeTable(table, own)] : [];
    });
  } catch (error) {
    throw describeMysqlFault(error, address);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

function keyOf(schema: unknown, table: unknown): string {
  return JSON.stringify([schema, table]);
}

function describeTable(
  table: Record<string, unknown>,
  columns: Record<string, unknown>[],
): SourceTable {
  return {
    schema: String(table["schema"]),
    name: String(table["name"]),
    approximateRows: table["approximate"] === null ? null : Number(table["approximate"]),
    columns: columns.map(({ name, type }) => ({ name: String(name), type: String(type) })),
  };
}
