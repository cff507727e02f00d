import type pg from "pg";

/** Every row of every table as text, as a dump has them; bytes also as the text that they may be. */
export async function dumpDatabase(pool: pg.Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name
     from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select t::text as row from ${name} t`);
    for (const { row } of rows) {
      parts.push(row);
      for (const [, hex = ""] of row.matchAll(/\\x([0-9a-f]+)/g)) {
        parts.push(Buffer.from(hex, "hex").toString("latin1"));
      }
    }
  }
  return parts.join("\n");
}
