import { define, line, type Setting } from "./setting.ts";

/*
 * Limits that hold for all servers of an installation, and change without a restart: each is looked at
 * when something is about to be done.
 */

function whole({
  min,
  max,
  default: fallback,
  ...setting
}: Omit<Setting<number>, "schema" | "default"> & {
  min: number;
  max: number;
  default: number;
}): Setting<number> {
  const schema = line
    .transform(Number)
    .refine(
      (value) => Number.isInteger(value) && value >= min && value <= max,
      `a whole number from ${min} to ${max}`,
    );
  return define({ ...setting, schema, default: String(fallback) });
}

export const limitSettings = {
  "limits.concurrentTableRuns": whole({
    label: "Table runs at once",
    variable: "CONCURRENT_TABLE_RUNS",
    default: 16,
    min: 1,
    max: 1000,
    help: "table runs at once, over all daemons",
  }),
  "limits.concurrentTableRunsPerRun": whole({
    label: "Table runs at once within one run",
    variable: "CONCURRENT_TABLE_RUNS_PER_RUN",
    default: 16,
    min: 1,
    max: 1000,
    help: "table runs at once within one run",
  }),
  "limits.importDividedFrom": whole({
    label: "Bytes from which an import is divided",
    variable: "IMPORT_DIVIDED_FROM",
    default: 0,
    min: 0,
    max: 2 ** 50,
    help: "bytes, on PostgreSQL's disk, of the smallest table that several rooms import together, in parts of a sixteenth of that; 1073741824 is a good value where rooms wait for their source or have cores of their own (docs/imports.md); 0: one room alone imports each",
  }),
  "limits.exportMaxRows": whole({
    label: "Rows of the largest export",
    variable: "EXPORT_MAX_ROWS",
    default: 100_000_000,
    min: 1,
    max: 1_000_000_000_000,
    help: "rows of the largest table that is exported to a database",
  }),
  "limits.exportMaxBytes": whole({
    label: "Bytes of the largest export",
    variable: "EXPORT_MAX_BYTES",
    default: 100 * 2 ** 30,
    min: 1,
    max: 2 ** 50,
    help: "bytes, as BigQuery counts them, of the largest table that is exported to a database",
  }),
  "limits.signedUrlSeconds": whole({
    label: "Seconds that signed URLs live",
    variable: "SIGNED_URL_SECONDS",
    default: 86_400,
    min: 60,
    max: 604_800,
    help: "seconds that the signed URLs of extracts live",
  }),
  "limits.extractRetentionDays": whole({
    label: "Days that extracts are kept",
    variable: "EXTRACT_RETENTION_DAYS",
    default: 30,
    min: 0,
    max: 36_500,
    help: "days that the files of extracts are kept, and uploads that nobody has loaded, 0 for ever; each table's newest extract stays",
  }),
  "limits.sheetRows": whole({
    label: "Rows of the largest sheet",
    variable: "SHEET_MAX_ROWS",
    default: 200_000,
    min: 1,
    max: 5_000_000,
    help: "rows of the largest table that is written to a Google sheet",
  }),
  "limits.sheetBytes": whole({
    label: "Bytes of the largest sheet",
    variable: "SHEET_MAX_BYTES",
    default: 20_000_000,
    min: 1,
    max: 1_000_000_000,
    help: "bytes, as BigQuery counts them, of the largest table that is written to a Google sheet",
  }),
  "limits.runRetentionDays": whole({
    label: "Days that runs are kept",
    variable: "RUN_RETENTION_DAYS",
    default: 90,
    min: 0,
    max: 36_500,
    help: "days that a run is kept after its end, 0 for ever; what its jobs cost, each frequency's newest tick and each table's newest run stay",
  }),
} as const;
