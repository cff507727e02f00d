import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { DatabaseAddress } from "../../server/connectors/database-address.ts";
import type { FieldSchema } from "../../shared/table.ts";
import { openChild } from "../support/child.ts";
import type { BenchOptions } from "../support/options.ts";
import { clientLine, runShell } from "./clients.ts";
import { type Compared, compareReaders } from "./compare-readers.ts";
import { childReader, type Reader, type ReadOutput, withTreeCpu } from "./contestants.ts";
import { portableRows } from "./copy-to-mariadb.ts";
import type { Setting } from "./setting.ts";

export interface ExportSetup {
  address: DatabaseAddress;
  /** As BigQuery's extract job writes it. */
  parquet: string;
  table: string;
  directory: string;
}

/** Name, BigQuery's type, DuckDB's, and those of a plain table in the two databases. */
const columns: [name: string, field: string, duckDb: string, postgres: string, mysql: string][] = [
  ["id", "INT64", "BIGINT", "bigint", "bigint"],
  ["customer_id", "INT64", "BIGINT", "bigint", "bigint"],
  ["order_number", "STRING", "VARCHAR", "text", "longtext"],
  ["created_at", "TIMESTAMP", "TIMESTAMPTZ", "timestamptz", "datetime(6)"],
  ["shipped_at", "DATETIME", "TIMESTAMP", "timestamp", "datetime(6)"],
  ["status", "STRING", "VARCHAR", "text", "longtext"],
  ["country", "STRING", "VARCHAR", "text", "longtext"],
  ["amount", "NUMERIC", "DECIMAL(38, 9)", "numeric(38, 9)", "decimal(38, 9)"],
  ["weight", "FLOAT64", "DOUBLE", "double precision", "double"],
  ["is_gift", "BOOL", "BOOLEAN", "boolean", "boolean"],
  ["email", "STRING", "VARCHAR", "text", "longtext"],
  ["note", "STRING", "VARCHAR", "text", "longtext"],
];

export const targetFields: FieldSchema[] = columns.map(([name, type]) => ({
  name,
  type,
  mode: "NULLABLE",
}));

/** Exports against the vendors' clients, which read the same rows from a file in gzip. */
export async function benchExports(
  setting: Setting,
  log: BenchOptions["log"],
): Promise<Compared[]> {
  const files = await makeFiles(setting);
  const compared: Compared[] = [];
  for (const address of [setting.postgres, setting.mariadb]) {
    if (!address) continue;
    const isPostgres = address.kind === "postgres";
    const client = isPostgres ? "gunzip | psql COPY FROM" : "gunzip | mariadb LOAD DATA";
    const ours = "ours, from the staged Parquet to the swapped table";
    const setup = {
      address,
      parquet: files.parquet,
      table: "copied",
      directory: setting.directory,
    };
    const readers = [
      shellWriter(setting, { name: client, role: "limit", address, gzip: files.gzip }),
      await taskWriter(setting, ours, setup),
    ];
    // An export leaves fresh statistics, for which others wait for autovacuum.
    if (isPostgres) readers.push(analyzingWriter(setting, address, files.gzip));
    const title = isPostgres ? "Export to PostgreSQL" : "Export to MySQL";
    const reach = [{ name: ours, speed: 0.9 }];
    compared.push(await compareReaders({ title, readers, reach, log }));
  }
  return compared;
}

async function makeFiles({ postgres, directory }: Setting) {
  const gzip = join(directory, "orders.txt.gz");
  const parquet = join(directory, "orders.parquet");
  const csv = join(directory, "orders.csv");
  await runShell(
    `${clientLine(postgres, `copy (${portableRows}) to stdout`)} | gzip -1 > ${gzip}`,
    postgres,
  );
  await runShell(
    `${clientLine(postgres, `copy (${portableRows}) to stdout (format csv)`)} > ${csv}`,
    postgres,
  );
  const types = columns.map(([name, , type]) => `'${name}': '${type}'`).join(", ");
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB" });
  const connection = await instance.connect();
  await connection.run("set timezone = 'UTC'");
  await connection.run(`copy (select * from read_csv('${csv}', auto_detect = false, header = false, parallel = false,
    delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false, columns = {${types}}))
    to '${parquet}' (format parquet, compression zstd)`);
  connection.closeSync();
  instance.closeSync();
  return { gzip, parquet };
}

function analyzingWriter(setting: Setting, address: DatabaseAddress, gzip: string): Reader {
  const name = "gunzip | psql COPY FROM, then ANALYZE";
  const then = `&& ${clientLine(address, "analyze loaded")}`;
  return shellWriter(setting, { name, role: "peer", address, gzip, then });
}

function shellWriter(
  setting: Setting,
  {
    name,
    role,
    address,
    gzip,
    then = "",
  }: Pick<Reader, "name" | "role"> & { address: DatabaseAddress; gzip: string; then?: string },
): Reader {
  const isPostgres = address.kind === "postgres";
  const list = columns.map(
    ([column, , , postgres, mysql]) => `${column} ${isPostgres ? postgres : mysql}`,
  );
  const fresh = `drop table if exists loaded; create table loaded (${list.join(", ")})`;
  const load = isPostgres
    ? "copy loaded from stdin"
    : "load data local infile '/dev/stdin' into table loaded character set utf8mb4";
  const line = `${clientLine(address, fresh)} && gunzip -c ${gzip} | PGTZ=UTC ${clientLine(address, load)} ${then}`;
  return {
    name,
    role,
    measure: () => withTreeCpu(() => runShell(line, address)),
    verify: () => verifyTable(setting, address, "loaded"),
    aboveIdleBytes: () => null,
    paths: () => [],
    close: () => Promise.resolve(),
  };
}

async function taskWriter(setting: Setting, name: string, setup: ExportSetup): Promise<Reader> {
  const task = new URL("./export.task.ts", import.meta.url);
  const child = await openChild<undefined, ReadOutput>(task, setup);
  return {
    ...childReader({ name, role: "ours" }, child),
    verify: () => verifyTable(setting, setup.address, setup.table),
    close: () => child.close(),
  };
}

/** Throws unless the table's rows are those of `orders`, by a difference of both that must be empty. */
async function verifyTable(
  { directory }: Setting,
  address: DatabaseAddress,
  table: string,
): Promise<void> {
  const isPostgres = address.kind === "postgres";
  const casts: Record<string, string> = isPostgres
    ? {
        customer_id: "customer_id::bigint",
        order_number: "order_number::text",
        country: "country::text",
        status: "status::text",
      }
    : { amount: "cast(amount as decimal(12, 2))", order_number: "cast(order_number as char)" };
  const list = columns.map(([name]) => casts[name] ?? name).join(", ");
  const except = (from: string, other: string) =>
    `select count(*) from (select ${list} from ${from} except all select ${list} from ${other}) d`;
  const statement = `select case when (${except("orders", table)}) = 0 and (${except(table, "orders")}) = 0
    then 'equal' else 'other' end as answer`;
  const path = join(directory, "answer.txt");
  await runShell(
    `${clientLine(address, statement)} > ${path} && grep -q equal ${path}`,
    address,
  ).catch(() => {
    throw new Error(`${address.kind}: the rows of ${table} are not those of orders`);
  });
}
