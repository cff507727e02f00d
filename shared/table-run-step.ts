import { transferKinds } from "./transfer.ts";

/**
 * What a table run does, one after another. `upload` waits for a person's files; `import`, `export`
 * and `sheet` are transfers, which a room does; the rest are jobs. `stage` extracts the table into
 * files for its export.
 */
export type TableRunStep =
  | "query"
  | "import"
  | "upload"
  | "load"
  | "extract"
  | "stage"
  | "export"
  | "sheet";

/** Steps in which nobody drives a table run, and that need no slot. */
export const parkedSteps = [...transferKinds, "upload"] as const;
export type ParkedStep = (typeof parkedSteps)[number];

export function isParkedStep(step: string | null): step is ParkedStep {
  return parkedSteps.some((each) => each === step);
}
