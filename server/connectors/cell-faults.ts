import { MaestroError } from "../../shared/errors.ts";
import type { SourceColumn } from "./source-column.ts";

const mostShown = 100;

/** A cell's text; `isEscaped`: its quotes are doubled. */
export function textOfCell(bytes: Buffer, from: number, to: number, isEscaped: boolean): string {
  const text = bytes.toString("utf8", from, to);
  return isEscaped ? text.replaceAll('""', '"') : text;
}

/** Of a cell with its quotes. */
export function isNoText(column: SourceColumn, row: number, cell: Buffer): MaestroError {
  const shown = shorten(textOfCell(cell, 1, cell.length - 1, true));
  return new MaestroError(
    "database",
    `column ${column.name} of row ${row} holds ${shown}, which is not UTF-8, as BigQuery's STRING is: take its bytes in the import's SQL, by convert_to(${column.name}, 'sql_ascii')`,
  );
}

/** Names the column, the value and a remedy. `holder` is what it does not fit into. */
export function doesNotFit(column: SourceColumn, value: string, holder: string): MaestroError {
  const remedy = column.isArray ? `to_json(${column.name})` : `${column.name}::text`;
  return new MaestroError(
    "database",
    `column ${column.name} holds ${shorten(value)}, which does not fit into ${holder}: convert it in the import's SQL, for example ${remedy}`,
  );
}

function shorten(value: string): string {
  return Array.from(value.slice(0, 2 * mostShown))
    .slice(0, mostShown)
    .join("");
}
