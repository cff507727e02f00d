import { z } from "zod";
import { type TableKind, tableDefinitionSchema } from "./table.ts";
import type { TablePlan } from "./table-plan.ts";
import { keptText } from "./text.ts";

const name = keptText().trim().min(1).max(200).nullable().default(null);

/**
 * What stands beside a table's SQL in a file: all of its settings, with what they point at by name, as
 * ids mean nothing in another installation.
 */
export const tableSettingsSchema = tableDefinitionSchema
  .omit({
    dataset: true,
    name: true,
    query: true,
    groupId: true,
    frequencyId: true,
    importDatabaseId: true,
    exportDatabaseId: true,
  })
  .extend({
    kind: tableDefinitionSchema.shape.kind.default("summary"),
    group: name,
    frequency: name,
    importDatabase: name,
    exportDatabase: name,
  })
  .strict();
export type TableSettings = z.infer<typeof tableSettingsSchema>;

/** A table as two files: `<dataset>/<name>.sql` and its settings beside it, in YAML. */
export const tableFileSchema = z.object({
  dataset: tableDefinitionSchema.shape.dataset,
  name: tableDefinitionSchema.shape.name,
  /** Null where there is no such file, as of tables that have no SQL. */
  sql: keptText().max(1_000_000).nullable(),
  /** YAML; null where there is none: the settings then stay as they are. */
  settings: keptText().max(200_000).nullable(),
});
export type TableFile = z.infer<typeof tableFileSchema>;

/** What saving a file would do. */
export interface PlannedTable {
  /** `dataset.name`. */
  name: string;
  action: "create" | "update" | "none" | "refused";
  kind: TableKind | null;
  /** Of the table as it is; null where there is none. Send it back on saving. */
  version: number | null;
  /** The settings that would change. */
  changed: string[];
  /** The table as files, as it is and as it would be; null where there is no such state. */
  before: TableFile | null;
  after: TableFile | null;
  /** What it reads, as `dataset.name`, with wildcards kept; nothing of other projects. */
  reads: string[];
  warnings: string[];
  /** Why it cannot be saved; null where it can. */
  refusal: string | null;
  /** What a change means for others; null where none was asked for, or nobody would notice. */
  plan: TablePlan | null;
}

/** Tables whose texts together are planned or saved in one call, well below what a request may hold. */
export const mostFilesBytes = 1_500_000;
export const mostFiles = 500;
