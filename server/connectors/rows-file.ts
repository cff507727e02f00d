import type { CellSink } from "./csv-cells.ts";

/*
 * Rows that go into files of one format. The sinks take the cells of rows, of which `flush` makes a
 * part of the file: one is compressed and written while the next is filled.
 */
export interface RowsFile {
  readonly sinks: CellSink[];
  /** Begins a file. */
  open(path: string): Promise<void>;
  /** `rows` have been added since the last one. Waits for the part before. */
  flush(rows: number): Promise<void>;
  /** Ends the file. */
  close(): Promise<void>;
  /** Lets go of all that it holds, also of a file that is open after a fault. */
  dispose(): Promise<void>;
}

/** Work that goes on beside its caller, one at a time: `end` waits for it, and throws its error. */
export class Background {
  #work: Promise<void> = Promise.resolve();

  start(work: Promise<void>): void {
    this.#work = work;
    // Whoever waits is told.
    work.catch(() => undefined);
  }

  end(): Promise<void> {
    return this.#work;
  }
}
