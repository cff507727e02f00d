import type { DatabaseView, SourceTable } from "./database.ts";
import { quoteName } from "./sql-quotes.ts";
import type { TableDefinitionInput } from "./table.ts";

/** An import table as it is proposed for a table of a source: a person may change it before it is made. */
export interface ImportProposal {
  source: Pick<SourceTable, "schema" | "name">;
  dataset: string;
  name: string;
  idColumn: string | null;
  /** With names that BigQuery takes in place of those that it does not; else empty: all columns. */
  query: string;
}

/** As BigQuery wants a column's name; its own prefixes are refused there too. */
const columnName = /^[A-Za-z_][A-Za-z0-9_]{0,299}$/;

/**
 * Proposes an import for each table, in the database's import dataset, or in one of the database's
 * name. `taken` are the names `dataset.table` of the catalog: no proposal has one of them, or another
 * proposal's. A schema goes before the name where the name alone is taken.
 */
export function proposeImports(
  database: Pick<DatabaseView, "name" | "importDataset">,
  tables: Pick<SourceTable, "schema" | "name" | "columns" | "idColumn">[],
  taken: Iterable<string>,
): ImportProposal[] {
  const dataset = database.importDataset ?? validName(database.name);
  const used = new Set(taken);
  return tables.map(({ schema, name, columns, idColumn }) => {
    const candidates = [validName(name), validName(`${schema}_${name}`)];
    const chosen = firstFree(candidates, (one) => used.has(`${dataset}.${one}`));
    used.add(`${dataset}.${chosen}`);
    const source = { schema, name };
    const isWatched = idColumn !== null && columnName.test(idColumn);
    return {
      source,
      dataset,
      name: chosen,
      idColumn: isWatched ? idColumn : null,
      query: columns.every((column) => columnName.test(column.name))
        ? ""
        : renamingQuery(source, columns),
    };
  });
}

/** What is saved of a proposal. */
export function importDefinition(
  databaseId: number,
  { source, dataset, name, idColumn, query }: ImportProposal,
): TableDefinitionInput {
  return {
    dataset,
    name,
    kind: "import",
    importDatabaseId: databaseId,
    importTable: query === "" ? sourceName(source) : "",
    query,
    idColumn,
  };
}

/** `schema.table`, with quotes where a part needs them. */
export function sourceName({ schema, name }: Pick<SourceTable, "schema" | "name">): string {
  const part = (text: string) => (/^[^".\s]+$/.test(text) ? text : quoteName(text));
  return `${part(schema)}.${part(name)}`;
}

/** Letters, digits and underscores, no digit first. */
function validName(text: string): string {
  const name = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 250);
  if (name === "") return "imported";
  return /^\d/.test(name) ? `_${name}` : name;
}

function firstFree(candidates: string[], isTaken: (name: string) => boolean): string {
  const free = candidates.find((name) => !isTaken(name));
  if (free !== undefined) return free;
  const [base = "imported"] = candidates;
  let number = 2;
  while (isTaken(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

/** BigQuery does not tell the case of columns apart. */
function renamingQuery(source: ImportProposal["source"], columns: SourceTable["columns"]): string {
  const used = new Set<string>();
  const lines = columns.map(({ name }) => {
    const isFree = (one: string) => !used.has(one.toLowerCase());
    const alias =
      columnName.test(name) && isFree(name)
        ? name
        : firstFree([validName(name)], (one) => !isFree(one));
    used.add(alias.toLowerCase());
    return alias === name ? quoteName(name) : `${quoteName(name)} AS ${quoteName(alias)}`;
  });
  return `SELECT\n  ${lines.join(",\n  ")}\nFROM ${quoteName(source.schema)}.${quoteName(source.name)}`;
}
