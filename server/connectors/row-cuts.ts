/** Small enough for DuckDB to hold, large enough that a pipe for each costs nothing. */
const cutBytes = 2 * 2 ** 20;

/** Ends of rows in a stream of bytes, about every 2 MiB: where it may be divided. */
export class RowCuts {
  /** In bytes from the start; whoever divides there takes them out. */
  readonly offsets: number[] = [];
  #last = 0;

  /** To be called at the end of each row, before its last byte can be read. */
  endRow(offset: number): void {
    if (offset - this.#last < cutBytes) return;
    this.#last = offset;
    this.offsets.push(offset);
  }
}
