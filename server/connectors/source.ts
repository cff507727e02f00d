import type { Readable } from "node:stream";
import type { MaestroError } from "../../shared/errors.ts";
import type { SourceName } from "../../shared/import-select.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * A database that is imported from. One connection, one import:
 *   findTable → [safeBound] → begin (one read-only snapshot) → describe → rows → close.
 * The session is pinned, so that texts mean the same whatever the server, role or database sets.
 * Every error comes out as a `database` error in words; an abort cancels the statement that runs.
 */
export interface Source {
  /** Names are exact. Throws `database` where there is no such table or the user may not read it. */
  findTable(name: SourceName): Promise<SourceRelation>;
  /**
   * An id of the table found such that no row with an id at or below it, which the import does not
   * see, can be committed any more. Null: the table has no row with an id above `above`.
   */
  safeBound(column: string, above: string | null): Promise<string | null>;
  /** Opens the snapshot that all that follows reads. */
  begin(): Promise<void>;
  /** The columns of a printed SELECT, and about how many rows the source expects. */
  describe(select: string): Promise<{ columns: SourceColumn[]; expectedRows: number | null }>;
  rows(select: string, columns: SourceColumn[]): RowStream;
  /** The stream's error, or any other, in words. */
  describeFault(error: unknown): MaestroError;
  close(): Promise<void>;
}

export interface SourceRelation {
  schema: string;
  name: string;
  columns: { name: string; type: string }[];
}

/**
 * CSV as `staging` reads it: every value quoted and NULL a bare N, so that NULL, '' and 'N' stay
 * apart and no row of one column is an empty line, which readers of CSV skip. Bytes go as \x and
 * hexadecimal digits.
 */
export interface RowStream extends Readable {
  /** Rows and bytes so far. */
  readonly rows: number;
  readonly bytes: number;
  /** How many rows there were, known at the end. */
  readonly sourceRows: number | null;
}

export interface SourceOptions {
  statementTimeoutSeconds: number;
  signal: AbortSignal;
}
