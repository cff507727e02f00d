import type { Readable } from "node:stream";
import type { MaestroError } from "../../shared/errors.ts";
import type { SourceName } from "../../shared/import-select.ts";
import type { SourceColumn } from "./source-column.ts";

/*
 * A database that is imported from. One connection, one import:
 *   findTable → [safeBound] → begin (one read-only snapshot) → describe → rows → close.
 * Where its snapshot can be shared, several connections read parts of the same rows (see SourceParts):
 *   findTable → [safeBound] → begin → describe → cut → share → rows → … → rows → confirm → close
 *   and elsewhere: join → rows → close.
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
  /** Opens the snapshot that all that follows reads; called again, another one. */
  begin(): Promise<void>;
  /** The columns of a printed SELECT, and what the source expects of it. */
  describe(select: string): Promise<SourceDescription>;
  rows(select: string, columns: SourceColumn[]): RowStream;
  /** The stream's error, or any other, in words. */
  describeFault(error: unknown): MaestroError;
  close(): Promise<void>;
  /** Null where no other connection can have the same snapshot. */
  readonly parts: SourceParts | null;
}

export interface SourceDescription {
  columns: SourceColumn[];
  /** About how many rows; null where it does not say. */
  expectedRows: number | null;
  /** What reading them costs, in the source's own unit; null where it does not say. */
  cost: number | null;
}

/**
 * Reading by ranges, of pages or of a whole-number column, in several connections that share one
 * snapshot. It lasts as long as the transaction of the connection that shares it, which also keeps the
 * table from being written anew, since whoever joins may come to have its lock later.
 */
export interface SourceParts {
  /** Of the table found; null where it has neither. A `preferred` column comes first. */
  measure(preferred: string | null): Promise<SourceExtent | null>;
  /** Values of the column, rising, that cut the rows above one into about so many parts of one size. */
  cut(
    extent: SourceExtent,
    wanted: { column: string; above: string | null; parts: number },
  ): Promise<string[]>;
  share(): Promise<SharedSnapshot>;
  /** Instead of `begin`. False: the snapshot is not to be had here, or no more. */
  join(shared: SharedSnapshot, table: { schema: string; name: string }): Promise<boolean>;
  /** Throws unless what was shared has been there to this moment. */
  confirm(): Promise<void>;
}

export interface SourceExtent {
  /** On the source's disk. */
  bytes: number;
  /** As the source has counted them last; null where it never has. */
  rows: number | null;
  /** How many pages each of its tables has; null where the source does not read a range of them alone. */
  pages: number[] | null;
  /** Null where no index leads with a whole number. */
  ids: SourceIds | null;
}

export interface SourceIds {
  column: string;
  isNullable: boolean;
}

export interface SharedSnapshot {
  snapshot: string;
  /** Which server has it. */
  server: string;
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
