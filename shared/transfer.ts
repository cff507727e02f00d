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
  attempt: number;
  rows: number;
  bytes: number;
  /** Expected rows where the source could say; null otherwise. */
  totalRows: number | null;
  rowsPerSecond: number | null;
  expectedEndAt: string | null;
  error: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}
