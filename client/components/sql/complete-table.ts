import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { TableKind } from "../../../shared/table.ts";
import { functions } from "./bigquery.ts";

export interface CatalogName {
  name: string;
  kind: TableKind;
}

const functionOptions: Completion[] = functions.map((name) => ({
  label: name.toUpperCase(),
  type: "function",
  apply: `${name.toUpperCase()}(`,
}));

/** Completes `dataset.table` names of the catalog and function names while a word is typed. */
export function completeFromCatalog(names: () => CatalogName[]) {
  let made: { from: CatalogName[]; options: Completion[] } = { from: [], options: functionOptions };
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\w.-]+/);
    if (word === null && !context.explicit) return null;
    const catalog = names();
    if (made.from !== catalog) {
      const tables = catalog.map((table) => ({
        label: table.name,
        type: "class",
        detail: table.kind,
        boost: 10,
      }));
      made = { from: catalog, options: [...tables, ...functionOptions] };
    }
    return { from: word?.from ?? context.pos, options: made.options, validFor: /^[\w.-]*$/ };
  };
}
