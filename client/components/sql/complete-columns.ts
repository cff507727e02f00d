import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { FieldSchema, TableColumns } from "../../../shared/table.ts";
import type { CatalogName } from "./complete-table.ts";

const mostTables = 20;
const tableName = /(?<![\w.])`?((?:[\w-]+\.)?\w+\.\w+)`?(?:\s+(?:as\s+)?(\w+))?/gi;
const noAliases = new Set(
  `on using where join left right inner full cross group order having limit qualify window union
  except intersect and or as for tablesample pivot unpivot when then set`.split(/\s+/),
);

interface TableInText {
  /** `dataset.table`. */
  name: string;
  /** What its columns may be written after. */
  alias: string;
}

/**
 * Completes the columns of the catalog's tables that the text names: after an alias those of its
 * table, elsewhere those of all of them. What comes after a dot of a dataset is the tables' to complete.
 */
export function completeColumns(
  names: () => CatalogName[],
  columnsOf: (tables: string[]) => Promise<TableColumns[]>,
) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/(?:\w+\.)?\w*/);
    if (word === null || (word.text === "" && !context.explicit)) return null;
    const known = new Set(names().map(({ name }) => name));
    const all = tablesIn(context.state.doc.toString()).filter(({ name }) => known.has(name));
    const [qualifier, isQualified] = qualifierOf(word.text);
    const wanted = isQualified ? all.filter(({ alias }) => alias === qualifier) : all;
    const asked = [...new Set(wanted.map(({ name }) => name))].slice(0, mostTables);
    if (asked.length === 0) return null;
    const found = await columnsOf(asked).catch(() => []);
    const from = isQualified ? word.from + qualifier.length + 1 : word.from;
    return { from, options: optionsOf(found), validFor: /^\w*$/ };
  };
}

function qualifierOf(text: string): [qualifier: string, isQualified: boolean] {
  const dot = text.indexOf(".");
  return dot === -1 ? ["", false] : [text.slice(0, dot).toLowerCase(), true];
}

function tablesIn(text: string): TableInText[] {
  return [...text.matchAll(tableName)].map(([, path = "", after = ""]) => {
    const parts = path.split(".");
    const alias = noAliases.has(after.toLowerCase()) || after === "" ? parts.at(-1) : after;
    return { name: parts.slice(-2).join("."), alias: (alias ?? "").toLowerCase() };
  });
}

function optionsOf(tables: TableColumns[]): Completion[] {
  return tables.flatMap(({ name, columns }) =>
    columns.map((column) => ({
      label: column.name,
      type: "property",
      detail: `${typeText(column)} · ${name}`,
      boost: 20,
    })),
  );
}

function typeText({ type, mode }: FieldSchema): string {
  return mode === "REPEATED" ? `ARRAY<${type}>` : type;
}
