import type pg from "pg";
import { quoteName } from "../../shared/sql-quotes.ts";
import type { ExportWork } from "./export-work.ts";

/*
 * `maestro_exports`, in the schema of the table that is appended to: a line for each table run whose
 * rows are in it, written by the transaction that adds them. Rows and line are there both or not at all,
 * so that an attempt knows whether one before it, of which nobody has heard, had committed.
 */

const keptFor = "interval '400 days'";

/**
 * Makes it where it is not there, before the transaction of the rows: several first appends to one
 * schema would wait for, or trip over, each other.
 */
export async function makeMarker(client: pg.Client, schema: string): Promise<void> {
  const marker = `${quoteName(schema)}.maestro_exports`;
  for (;;) {
    const { rows } = await client.query<{ exists: boolean }>(
      "select to_regclass($1) is not null as exists",
      [marker],
    );
    if (rows[0]?.exists) return;
    try {
      await client.query(
        `create table ${marker} (exporter text not null, target text not null, table_run bigint not null,
           rows bigint not null, at timestamptz not null default clock_timestamp(),
           primary key (exporter, target, table_run))`,
      );
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      // Another made it at the same time: its table, or its row type, is there, or a key of either.
      if (!["42P07", "42710", "23505"].includes(code as string)) throw error;
    }
  }
}

/** How many rows of this table run the table has already; null: none. */
export async function alreadyAppended(
  client: pg.Client,
  { claim }: Pick<ExportWork, "claim">,
  place: { schema: string; name: string },
): Promise<number | null> {
  const marker = `${quoteName(place.schema)}.maestro_exports`;
  const { rows } = await client.query<{ rows: string }>(
    `select rows from ${marker} where exporter = $1 and target = $2 and table_run = $3`,
    [claim.exporter, place.name, claim.tableRunId],
  );
  return rows[0] ? Number(rows[0].rows) : null;
}

export async function noteAppended(
  client: pg.Client,
  { claim }: Pick<ExportWork, "claim">,
  place: { schema: string; name: string },
  rows: number,
): Promise<void> {
  const marker = `${quoteName(place.schema)}.maestro_exports`;
  await client.query(
    `insert into ${marker} (exporter, target, table_run, rows) values ($1, $2, $3, $4)`,
    [claim.exporter, place.name, claim.tableRunId, rows],
  );
  await client.query(`delete from ${marker} where at < clock_timestamp() - ${keptFor}`);
}
