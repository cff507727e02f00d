import type { DatabaseKind } from "./database.ts";

/** PostgreSQL cuts a longer name without an error, so that two tables or columns may become one. */
const postgresBytes = 63;
const mysqlCharacters = 64;

/** Why no table or column of the database can have the name that an export gives it; null: it can. */
export function faultOfTargetName(kind: DatabaseKind, name: string): string | null {
  if (kind === "postgres") {
    const bytes = new TextEncoder().encode(name).length;
    return bytes > postgresBytes
      ? `it has ${bytes} bytes, and PostgreSQL keeps ${postgresBytes} of a name`
      : null;
  }
  const characters = [...name].length;
  return characters > mysqlCharacters
    ? `it has ${characters} characters, and MySQL takes ${mysqlCharacters} of a name`
    : null;
}

/** Maestro's own tables in a database; a MySQL may ignore the case of names. */
export function isReservedTarget(name: string): boolean {
  return /^maestro_/i.test(name);
}
