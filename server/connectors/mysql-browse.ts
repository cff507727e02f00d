import type { BrowseFilter, SourceTable, SourceTables } from "../../shared/database.ts";
import { quoteMysqlText } from "../../shared/mysql-text.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { connectMysql, describeMysqlFault, queryMysql } from "./mysql-connection.ts";

/**
 * The tables and views of which the user may read a column, in all databases of the server; the
 * system's own left out. Rows are counted as the engine estimates them.
 */
export async function browseMysql(
  address: DatabaseAddress,
  filter: BrowseFilter,
): Promise<SourceTables> {
  const connection = await connectMysql(address);
  try {
    await connection.query("set session transaction read only");
    const found = await queryMysql(
      connection,
      `select t.table_schema as \`schema\`, t.table_name as name, t.table_rows as approximate
       from information_schema.tables t
       where t.table_type <> 'SEQUENCE'
         and t.table_schema not in ('mysql', 'information_schema', 'performance_schema', 'sys')
         and instr(lower(concat(t.table_schema, '.', t.table_name)), lower(${quoteMysqlText(filter.search)})) > 0
         and exists (select 1 from information_schema.columns c
           where c.table_schema = t.table_schema and c.table_name = t.table_name
             and find_in_set('select', c.privileges) > 0)
       order by 1, 2 limit ${Number(filter.limit) + 1} offset ${Number(filter.offset)}`,
    );
    const tables: SourceTable[] = [];
    for (const table of found.slice(0, filter.limit)) {
      const { schema, name, approximate } = table;
      const columns = await readColumns(connection, String(schema), String(name));
      tables.push({
        schema: String(schema),
        name: String(name),
        approximateRows: approximate === null ? null : Number(approximate),
        columns: columns.map((column) => ({ name: column.name, type: column.type })),
        idColumn: idColumnOf(columns),
      });
    }
    return { tables, hasMore: found.length > filter.limit };
  } catch (error) {
    throw describeMysqlFault(error, address);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

interface Column {
  name: string;
  type: string;
  isKey: boolean;
}

async function readColumns(
  connection: Parameters<typeof queryMysql>[0],
  schema: string,
  table: string,
): Promise<Column[]> {
  const rows = await queryMysql(
    connection,
    `select column_name as name, column_type as type, column_key = 'PRI' as is_key
     from information_schema.columns
     where table_schema = ${quoteMysqlText(schema)} and table_name = ${quoteMysqlText(table)}
       and find_in_set('select', privileges) > 0 order by ordinal_position`,
  );
  return rows.map((row) => ({
    name: String(row["name"]),
    type: String(row["type"]),
    isKey: Number(row["is_key"]) === 1,
  }));
}

/** A primary key of one whole number. */
function idColumnOf(columns: Column[]): string | null {
  const [key, second] = columns.filter((column) => column.isKey);
  return key && !second && /^(tiny|small|medium|big)?int\b/.test(key.type) ? key.name : null;
}
