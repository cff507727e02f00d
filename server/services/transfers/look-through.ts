import { MaestroError } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { StoredTable } from "../../connectors/warehouse.ts";
import {
  type ColumnMeasure,
  maxCellCharacters,
  measureColumns,
  type SheetColumns,
} from "../../domain/sheet-cells.ts";
import { maxSpreadsheetCells } from "../../domain/sheet-plan.ts";
import type { Deps } from "../deps.ts";
import { nameOf, readPages } from "./read-warehouse-table.ts";
import type { Work } from "./transfer-work.ts";

export type Columns = SheetColumns & { rows: number };

const remedy =
  "write a summary of it for the sheet, extract it to files, or have an admin raise the setting";

export function checkSize(
  { limits }: Pick<Deps, "limits">,
  definition: TableDefinition,
  { rowCount, bytes }: Pick<StoredTable, "rowCount" | "bytes">,
): void {
  const refuse = (what: string, limit: string) => {
    throw new MaestroError(
      "sheets",
      `${nameOf(definition)} has ${what}, and a sheet takes ${limit}: ${remedy}`,
    );
  };
  if (rowCount > limits.sheetRows) {
    refuse(count(rowCount, "rows"), `${count(limits.sheetRows, "rows")} (MAESTRO_SHEET_MAX_ROWS)`);
  }
  if (bytes > limits.sheetBytes) {
    refuse(count(bytes, "bytes"), `${count(limits.sheetBytes, "bytes")} (MAESTRO_SHEET_MAX_BYTES)`);
  }
}

export function count(number: number, what: string): string {
  return `${number.toLocaleString("en-US")} ${what}`;
}

/** The first reading: nothing is written before every value is known to fit. */
export async function lookThrough(
  deps: Deps,
  { signal, report }: Work,
  definition: TableDefinition,
  table: StoredTable,
): Promise<Columns> {
  const measure = measureColumns(table.schema);
  for await (const rows of readPages(deps, definition, table, signal)) {
    for (const row of rows) measure.add(row);
    checkSize(deps, definition, { rowCount: measure.rows(), bytes: 0 });
    report({ rows: 0, bytes: 0, totalRows: Math.max(table.rowCount, measure.rows()) });
  }
  const columns = { ...measure.columns(), rows: measure.rows() };
  checkCells(definition, columns, measure.tooLong());
  return columns;
}

export function cellCount({ rows, names }: Columns): number {
  return (rows + 1) * Math.max(1, names.length);
}

function checkCells(
  definition: TableDefinition,
  columns: Columns,
  tooLong: ReturnType<ColumnMeasure["tooLong"]>,
): void {
  const cells = cellCount(columns);
  if (tooLong !== null) {
    throw new MaestroError(
      "sheets",
      `${nameOf(definition)} has a value of ${count(tooLong.characters, "characters")} in the column ${tooLong.column} (row ${tooLong.row}), and a cell takes ${count(maxCellCharacters, "characters")}: leave the column out, or shorten it in a summary`,
    );
  }
  // The sheet before stands beside the new one until that is whole.
  if (cells > maxSpreadsheetCells / 2) {
    throw new MaestroError(
      "sheets",
      `${nameOf(definition)} has ${count(columns.rows, "rows")} of ${count(columns.names.length, "columns")}, ${count(cells, "cells")}; a sheet takes ${count(maxSpreadsheetCells / 2, "cells")}, half of what Google allows a spreadsheet, because the one before stays until the new one is whole: leave out columns or rows`,
    );
  }
}
