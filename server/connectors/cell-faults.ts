import { MaestroError } from "../../shared/errors.ts";
import type { SourceColumn } from "./source-column.ts";

const mostShown = 100;

/** A cell's text; `isEscaped`: its quotes are doubled. */
export function textOfCell(bytes: Buffer, from: number, to: number, isEscaped: boolean): string {
  const text = bytes.toString("utf8", from, to);
  return isEscaped ? text.replaceAll('""', '"') : text;
}

/** Names the column, the value and a remedy. `holder` is what it does not fit into. */
export function doesNotFit(column: SourceColumn, value: string, holder: string): MaestroError {
  const shown = Array.from(value.slice(0, 2 * mostShown))
    .slice(0, mostShown)
    .join("");
  const remedy = column.isArray ? `to_json(${column.name})` : `${column.name}::text`;
  return new MaestroError(
    "database",
    `column ${column.name} holds ${shown}, which does not fit into ${holder}: convert it in the import's SQL, for example ${remedy}`,
  );
}

/** The texts of an array, which comes as JSON. BigQuery's have one dimension and no NULL. */
export function elementsOf(column: SourceColumn, json: string): string[] {
  const items: unknown = JSON.parse(json);
  const fits = (what: string) => doesNotFit(column, json, `an array of BigQuery (${what})`);
  if (!Array.isArray(items)) throw fits("of one dimension");
  return items.map((item: unknown) => {
    if (Array.isArray(item)) throw fits("of one dimension");
    if (item === null) throw fits("without NULL elements");
    return String(item);
  });
}
