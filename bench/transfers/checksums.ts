import { DuckDBInstance } from "@duckdb/node-api";
import type pg from "pg";
import type { SourceTable } from "./source-rows.ts";

/** By column: how many values are not NULL, and the sum of a hash of each. */
export type Checksums = Record<string, string>;

/** A column, and the text that its values have in both systems. */
interface Compared {
  name: string;
  inPostgres: string;
  /** Of the staged column, whatever its type. */
  inDuckDb: string;
}

const same = (name: string): Compared => ({
  name,
  inPostgres: `${name}::text`,
  inDuckDb: `${name}::varchar`,
});

const common: Compared[] = [
  ...["id", "customer_id", "order_number", "status", "country", "email"].map(same),
  ...["created_at", "shipped_at"].map((name) => ({
    name,
    inPostgres: `(extract(epoch from ${name}) * 1000000)::bigint::text`,
    inDuckDb: `epoch_us(${name}::timestamptz)::varchar`,
  })),
  {
    name: "amount",
    inPostgres: "(amount * 100)::bigint::text",
    inDuckDb: "(amount::decimal(38, 9) * 100)::bigint::varchar",
  },
  {
    name: "weight",
    inPostgres: "(weight * 64)::bigint::text",
    inDuckDb: "(weight::double * 64)::bigint::varchar",
  },
  {
    name: "is_gift",
    inPostgres: "is_gift::integer::text",
    inDuckDb: "is_gift::boolean::integer::varchar",
  },
];

const columnsOf: Record<SourceTable, Compared[]> = {
  orders: [...common, same("note")],
  baskets: [...common, { name: "basket", inPostgres: "basket::text", inDuckDb: "basket::varchar" }],
};

/** In the table's order, as a file without names has them. */
const orders = `id customer_id order_number created_at shipped_at status country amount weight is_gift email`;
const namesOf = (table: SourceTable) =>
  [...orders.split(" "), table === "orders" ? "note" : "basket"].map(
    (name) => `'${name}': 'VARCHAR'`,
  );

export async function sourceChecksums(client: pg.Client, table: SourceTable): Promise<Checksums> {
  const { rows } = await client.query(
    `select ${columnsOf[table]
      .map(
        ({ name, inPostgres }) =>
          `count(${name}) || ':' || sum(('x' || left(md5(${inPostgres}), 8))::bit(32)::bigint) as ${name}`,
      )
      .join(", ")} from ${table}`,
  );
  return rows[0];
}

export interface Staged {
  paths: string[];
  /** `csv` is any CSV without names, `nullText` what an unquoted NULL is in it; `tsv` is mariadb's batch. */
  format: "parquet" | "csv";
  nullText?: string;
}

/** Throws where the files are not the source's rows, value by value. */
export async function verifyStaged(
  table: SourceTable,
  staged: Staged,
  expected: Checksums,
): Promise<void> {
  const found = await stagedChecksums(table, staged);
  for (const [name, checksum] of Object.entries(expected)) {
    if (found[name] !== checksum) {
      throw new Error(`${table}.${name}: ${checksum} in the source, ${found[name]} staged`);
    }
  }
}

async function stagedChecksums(table: SourceTable, staged: Staged): Promise<Checksums> {
  const list = `[${staged.paths.map((path) => `'${path}'`).join(", ")}]`;
  const from =
    staged.format === "parquet"
      ? `read_parquet(${list})`
      : `read_csv(${list}, auto_detect = false, header = false, parallel = false, delim = ',', quote = '"', escape = '"',
          nullstr = '${staged.nullText ?? ""}', allow_quoted_nulls = false, columns = {${namesOf(table).join(", ")}})`;
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB" });
  const connection = await instance.connect();
  try {
    await connection.run("set timezone = 'UTC'");
    const reader = await connection.runAndReadAll(
      `select ${columnsOf[table]
        .map(
          ({ name, inDuckDb }) =>
            `count(${name}) || ':' || sum(('0x' || left(md5(${inDuckDb}), 8))::bigint) as ${name}`,
        )
        .join(", ")} from ${from}`,
    );
    const [row] = reader.getRowObjectsJson();
    return Object.fromEntries(
      Object.entries(row ?? {}).map(([name, value]) => [name, String(value)]),
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
