/** A table of a PostgreSQL or MySQL, as people write it. */
export interface DatabaseTable {
  /** Of MySQL: the database. Null: what the role's search path, or the connection, says. */
  schema: string | null;
  name: string;
}

const part = '(?:"((?:[^"]|"")+)"|([^".]+))';

/**
 * `table` or `schema.table`, in the exact case of the database; parts may stand in double quotes. Null
 * where it names no table.
 */
export function parseDatabaseTable(text: string): DatabaseTable | null {
  const found = new RegExp(`^(?:${part}\\.)?${part}$`).exec(text.trim());
  const name = (quoted: string | undefined, plain: string | undefined) =>
    quoted?.replaceAll('""', '"') ?? plain ?? null;
  const table = found ? name(found[3], found[4]) : null;
  if (!found || table === null) return null;
  return { schema: name(found[1], found[2]), name: table };
}

export function nameNoTable(text: string): string {
  return `"${text}" names no table: write table, schema.table or "schema"."table"`;
}
