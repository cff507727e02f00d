/* Quotes of standard SQL, as PostgreSQL (standard_conforming_strings), DuckDB and MySQL's ANSI_QUOTES read them. */

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** MySQL reads it so with NO_BACKSLASH_ESCAPES alone. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
