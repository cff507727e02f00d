import type { DatabaseKind } from "../../../shared/database.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { ImportSelect, SourceName } from "../../../shared/import-select.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import { parseImportSql } from "../../connectors/import-sql-parser.ts";
import { nameNoTable, parseDatabaseTable } from "../../domain/database-table.ts";
import { checkSelect } from "../../domain/primitive-select.ts";

export interface ImportQuery {
  /** `schema.table`, or `table` where the role's search path or the connection's database decides. */
  table: string;
  select: ImportSelect;
}

/**
 * What an import table reads: its restricted SELECT, or all columns of `importTable` where it has
 * none. Asks no database. Throws `invalidSql` with the position, or `invalidInput` with the field.
 */
export function validateImportQuery(
  definition: Pick<TableDefinition, "query" | "importTable" | "idColumn">,
  kind: DatabaseKind,
): ImportQuery {
  const hasQuery = definition.query.trim() !== "";
  const select = hasQuery
    ? parseImportSql(definition.query)
    : allColumnsOf(parseTableName(definition.importTable));
  checkSelect(select, kind);
  if (definition.idColumn !== null && select.limit !== null) {
    throw new MaestroError(
      "invalidInput",
      "an increment cannot have a LIMIT: the rows it left out would never be imported",
      { field: "query" },
    );
  }
  const { schema, name } = select.table;
  return { table: schema === null ? name : `${schema}.${name}`, select };
}

function allColumnsOf(table: SourceName): ImportSelect {
  const at = { line: 1, column: 1 };
  return {
    columns: [{ expression: { kind: "star", table: null, at }, alias: null }],
    table: { ...table, alias: null },
    where: null,
    limit: null,
  };
}

function parseTableName(text: string): SourceName {
  const table = parseDatabaseTable(text);
  if (table) return table;
  throw new MaestroError("invalidInput", nameNoTable(text), { field: "importTable" });
}
