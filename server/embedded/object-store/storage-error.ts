/** A refusal of the object store or of a spreadsheet, as their APIs word it. */
export class StorageError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "StorageError";
    this.status = status;
    this.reason = reason;
  }
}
