import type { Transform } from "node:stream";
import type { ExportMode, FieldSchema } from "../../shared/table.ts";
import type { StagedRows } from "./sent-rows.ts";

/** One export, as a connector of a database does it. */
export interface ExportWork {
  /** `schema` null: as the role's search path, or the connection, says. Names are exact. */
  table: { schema: string | null; name: string };
  mode: ExportMode;
  /** Of an upsert. */
  keys: string[];
  fields: FieldSchema[];
  rows: StagedRows;
  /** Whose it is: the attempt, and what all attempts to export the same table have in common. */
  claim: ExportClaim;
  /** The comment of a table that the export makes. */
  description: string;
  /** What the rows pass on their way, such as a limit of bytes a second. */
  through: () => Transform[];
  signal: AbortSignal;
  report: (progress: { rows: number; bytes: number }) => void;
  /** Throws unless the claim still holds: the last thing before the rows become visible. */
  confirm: () => Promise<void>;
}

export interface ExportClaim {
  /** Names the installation and the table, in letters, digits and underscores, at most 24 of them. */
  exporter: string;
  tableRunId: number;
  fence: number;
}

export interface ExportDone {
  rows: number;
  bytes: number;
  /** What the rows were sent with. */
  statement: string;
  /** What a reader of the log should know, such as why the table was not swapped. */
  notes: string[];
}
