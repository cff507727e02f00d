import type { TableDefinition, TableKind } from "../../shared/table.ts";

/** What a table run does, one after another. `import` and `upload` wait for others; the rest are jobs. */
export type TableRunStep = "query" | "import" | "upload" | "load" | "extract";

/** summary: query; import: import → load; external: upload → load; and → extract where asked. */
export function firstStep(kind: TableKind): TableRunStep {
  switch (kind) {
    case "summary":
      return "query";
    case "import":
      return "import";
    case "external":
      return "upload";
  }
}

/** The map of what follows a step; null where the table run is done. */
export function nextStep(
  definition: Pick<TableDefinition, "extract">,
  completed: TableRunStep,
): TableRunStep | null {
  switch (completed) {
    case "import":
    case "upload":
      return "load";
    case "query":
    case "load":
      return definition.extract ? "extract" : null;
    case "extract":
      return null;
  }
}
