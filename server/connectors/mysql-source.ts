import type { Connection } from "mysql2/promise";
import { MaestroError } from "../../shared/errors.ts";
import type { SourceName } from "../../shared/import-select.ts";
import { quoteMysqlName, quoteMysqlText } from "../../shared/mysql-text.ts";
import { abortable } from "../support/abortable.ts";
import { breakOffAtAbort } from "./break-off.ts";
import type { DatabaseAddress } from "./database-address.ts";
import { type MysqlRelation, safeMysqlBound } from "./mysql-bound.ts";
import {
  breakMysql,
  connectMysql,
  coreOf,
  describeMysqlFault,
  queryMysql,
} from "./mysql-connection.ts";
import { MysqlRowStream } from "./mysql-row-stream.ts";
import { describeMysqlColumn, type MysqlColumn, type MysqlField } from "./mysql-types.ts";
import type { Source, SourceDescription, SourceOptions } from "./source.ts";
import type { SourceColumn } from "./source-column.ts";

/* MySQL and MariaDB as a source of imports: source.ts says in which order it is asked. */

/** `sql_select_limit` would leave rows out, and a slow reader would be cut off after 60 s. */
const pins = [
  "transaction isolation level repeatable read",
  "sql_select_limit = 18446744073709551615",
  "sql_big_selects = 1",
  "net_write_timeout = 3600",
  "wait_timeout = 28800",
  "max_error_count = 1024",
  "div_precision_increment = 9",
  "lc_time_names = 'en_US'",
];

export async function openMysqlSource(
  address: DatabaseAddress,
  options: SourceOptions,
): Promise<Source> {
  // LOCAL_FILES off: a server could otherwise ask for files of this machine.
  const connection = await connectMysql(address, { flags: ["-LOCAL_FILES"] }, options.signal);
  let relation: MysqlRelation | undefined;
  let stream: MysqlRowStream | undefined;
  const destroy = () => {
    breakMysql(coreOf(connection));
    // mysql2 tells nobody.
    stream?.destroy(new Error("the connection was given up"));
  };
  const cancel = () => cancelStatement(connection, address);
  const breaker = breakOffAtAbort(options.signal, { cancel, destroy });
  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      options.signal.throwIfAborted();
      return await abortable(work(), breaker.broken);
    } catch (error) {
      options.signal.throwIfAborted();
      throw describeMysqlFault(error, address);
    }
  };
  const close = async () => {
    breaker.end();
    // Rows that are still on their way would be read to the last one first.
    const isBusy = stream && stream.sourceRows === null;
    if (isBusy || options.signal.aborted) destroy();
    else await connection.end().catch(() => undefined);
  };
  try {
    await translated(() => pinSession(connection, options.statementTimeoutSeconds));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    findTable: (name) =>
      translated(async () => {
        relation = await findTable(connection, name, address);
        return relation;
      }),
    safeBound: (column, above) =>
      translated(async () => {
        if (!relation) throw new Error("no table was found yet");
        return safeMysqlBound(connection, relation, column, above, options.signal);
      }),
    begin: () =>
      translated(async () => {
        await connection.query("start transaction with consistent snapshot, read only");
      }),
    describe: (select) => translated(() => describe(connection, select)),
    rows(select, columns) {
      const statement = rowsStatement(select, columns);
      const encodings = columns.map((column) => (column as MysqlColumn).encoding);
      stream = new MysqlRowStream(coreOf(connection), statement, encodings);
      return stream;
    },
    describeFault: (error) => describeMysqlFault(error, address),
    close,
    // Connections that are to have one snapshot would have to hold all writers up while they begin.
    parts: null,
  };
}

async function pinSession(connection: Connection, timeoutSeconds: number): Promise<void> {
  const [row] = await queryMysql(connection, "select version() as version");
  const isMariaDb = /mariadb/i.test(String(row?.["version"]));
  const timeout = isMariaDb
    ? `max_statement_time = ${timeoutSeconds}`
    : `max_execution_time = ${Math.round(timeoutSeconds * 1000)}`;
  for (const pin of [...pins, timeout]) await connection.query(`set session ${pin}`);
}

/** From a second connection; where that fails, the closing of the first one ends the statement. */
async function cancelStatement(connection: Connection, address: DatabaseAddress): Promise<void> {
  try {
    const second = await connectMysql(address);
    await second.query(`kill query ${Number(connection.threadId)}`).finally(() => second.destroy());
  } catch {
    breakMysql(coreOf(connection));
  }
}

/** A statement of its own around the printed one only where a value does not go as it is. */
function rowsStatement(select: string, columns: SourceColumn[]): string {
  const isAsItIs = columns.every(({ name, expression }) => expression === sourceColumn(name));
  if (isAsItIs) return select;
  const list = columns.map((column) => column.expression).join(", ");
  return `select ${list} from (${select}) as source`;
}

function sourceColumn(name: string): string {
  return `source.${quoteMysqlName(name)}`;
}

/**
 * Exact, or the one table whose name differs in case alone: names that are not quoted come here in
 * lower case, and MySQL keeps tables as the file system does.
 */
async function findTable(
  connection: Connection,
  name: SourceName,
  address: DatabaseAddress,
): Promise<MysqlRelation> {
  const schema = name.schema ?? address.database;
  const rows = await queryMysql(
    connection,
    `select table_schema as \`schema\`, table_name as name, table_type as kind, engine
     from information_schema.tables where table_schema = ${quoteMysqlText(schema)}
     and lower(table_name) = lower(${quoteMysqlText(name.name)})`,
  );
  const found = rows.filter((row) => String(row["schema"]).toLowerCase() === schema.toLowerCase());
  const row = found.find((one) => one["name"] === name.name) ?? (found.length === 1 && found[0]);
  if (!row) {
    const quoted = `${quoteMysqlName(schema)}.${quoteMysqlName(name.name)}`;
    throw new MaestroError("database", `the database has no table ${quoted} that the user can see`);
  }
  const relation = { schema: String(row["schema"]), name: String(row["name"]) };
  const columns = await queryMysql(
    connection,
    `select column_name as name, column_type as type, is_nullable = 'YES' as nullable, extra
     from information_schema.columns where table_schema = ${quoteMysqlText(relation.schema)}
     and table_name = ${quoteMysqlText(relation.name)} order by ordinal_position`,
  );
  return {
    ...relation,
    isView: row["kind"] !== "BASE TABLE",
    columns: columns.map((column) => ({
      name: String(column["name"]),
      type: String(column["type"]),
      isNullable: Number(column["nullable"]) === 1,
    })),
  };
}

async function describe(
  connection: Connection,
  select: string,
): Promise<SourceDescription & { columns: MysqlColumn[] }> {
  const [, fields] = await connection.query(`select * from (${select}) as source limit 0`);
  const columns = (fields as MysqlField[]).map((field) =>
    describeMysqlColumn(field, sourceColumn(field.name)),
  );
  const plan = await queryMysql(connection, `explain ${select}`);
  const rows = Number(plan[0]?.["rows"]);
  return { columns, expectedRows: Number.isSafeInteger(rows) ? rows : null, cost: null };
}
