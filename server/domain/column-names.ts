import { MaestroError } from "../../shared/errors.ts";
import type { ImportSelect } from "../../shared/import-select.ts";

const reserved = /^(_table_|_file_|_partition|_row_timestamp|__root__|_colidentifier)/i;

/**
 * Throws unless BigQuery takes the names: letters, digits and underscores, no digit first, at most
 * 300 characters, none reserved, none twice whatever the case (documentation, "column names").
 */
export function checkColumnNames(names: string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    const fault = !/^[A-Za-z_][A-Za-z0-9_]{0,299}$/.test(name)
      ? "is no name for BigQuery (letters, digits and underscores)"
      : reserved.test(name)
        ? "begins as BigQuery's own names do"
        : seen.has(key)
          ? "is there twice (BigQuery does not tell case apart)"
          : null;
    if (fault) {
      throw new MaestroError(
        "invalidSql",
        `the column "${name}" ${fault}: name it in the import's SQL, for example "${name}" AS other_name`,
      );
    }
    seen.add(key);
  }
}

/** As `checkColumnNames`, of those that the text tells: of a star, or an expression without an alias, the source does. */
export function checkWrittenNames({ columns }: ImportSelect): void {
  const names = columns.flatMap(({ expression, alias }) => {
    if (alias !== null) return [alias];
    return expression.kind === "column" ? [expression.name] : [];
  });
  checkColumnNames(names);
}
