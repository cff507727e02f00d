export const transferKinds = ["import", "export", "sheet"] as const;
export type TransferKind = (typeof transferKinds)[number];

/** As sentences call them. */
export const transferNouns: Record<TransferKind, string> = {
  import: "import",
  export: "export",
  sheet: "sheet",
};

export const transferStates = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type TransferState = (typeof transferStates)[number];

/** Work that a room does, as shown. Rates are per second; instants ISO strings. */
export interface TransferView {
  id: number;
  kind: TransferKind;
  state: TransferState;
  tableId: number;
  tableName: string;
  tableRunId: number;
  runId: number;
  /** Whose limits hold for it; null for a sheet, and where the database is gone. */
  databaseId: number | null;
  databaseName: string | null;
  attempt: number;
  /** The room that works on it; null while none does. */
  room: string | null;
  /** Asked to stop, and not at its end yet. */
  isCancelling: boolean;
  /** What was sent to the database to read or write the rows; null before that. */
  statement: string | null;
  /** Where it wrote to: a table of the database, or the address of a spreadsheet; null before. */
  target: string | null;
  rows: number;
  bytes: number;
  /** Expected rows where the source could say; null otherwise. */
  totalRows: number | null;
  rowsPerSecond: number | null;
  bytesPerSecond: number | null;
  expectedEndAt: string | null;
  /** Of an import that several rooms read; null where one reads it whole. */
  parts: TransferParts | null;
  error: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

export interface TransferParts {
  count: number;
  done: number;
  /** That work on one just now. */
  rooms: number;
}

/** `3 of 8 parts, 2 rooms`; once it has ended, `8 parts`. Null where it is read whole. */
export function describeParts({
  parts,
  state,
}: Pick<TransferView, "parts" | "state">): string | null {
  if (!parts) return null;
  const { count, done, rooms } = parts;
  if (state !== "running") return `${count} parts`;
  return `${done} of ${count} parts, ${rooms} ${rooms === 1 ? "room" : "rooms"}`;
}

/** Which transfers to list; all that is given has to hold. */
export interface TransferFilter {
  limit: number;
  kind?: TransferKind | undefined;
  state?: TransferState | undefined;
  tableId?: number | undefined;
  databaseId?: number | undefined;
  runId?: number | undefined;
  /** Older than this one: what a page before ended with. */
  beforeId?: number | undefined;
}
