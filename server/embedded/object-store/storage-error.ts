/** A refusal of the object store, as its JSON and XML APIs word it. */
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
