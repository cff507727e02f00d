import type { TableDefinition, TableKind } from "../../shared/table.ts";
import type { TableRunStep } from "../../shared/table-run-step.ts";

/** summary: query; import: import → load; external: upload → load; what follows is nextStep's. */
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

/** Definitions that an older version stored have no field of their own for what came later. */
export type Deliveries = Pick<TableDefinition, "extract"> &
  Partial<Pick<TableDefinition, "exportDatabaseId" | "sheet">>;

/** The map of what follows a step: … → extract → stage → export → sheet; null where it is done. */
export function nextStep(definition: Deliveries, completed: TableRunStep): TableRunStep | null {
  const { extract, exportDatabaseId = null, sheet = false } = definition;
  const lastly = sheet ? "sheet" : null;
  const outward = exportDatabaseId === null ? lastly : "stage";
  switch (completed) {
    case "import":
    case "upload":
      return "load";
    case "query":
    case "load":
      return extract ? "extract" : outward;
    case "extract":
      return outward;
    case "stage":
      return "export";
    case "export":
      return lastly;
    case "sheet":
      return null;
  }
}
