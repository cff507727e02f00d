/** Google Sheets as Maestro uses it. The implementation is google-sheets.ts, over Google's clients. */
export interface Sheets {
  /** Where a person opens it. */
  urlOf(spreadsheetId: string): string;
  /** False where somebody has deleted it or put it into the bin. */
  isThere(spreadsheetId: string, signal: AbortSignal): Promise<boolean>;
  /** The spreadsheets that were made under this key, the oldest first, without those in the bin. */
  find(key: string, signal: AbortSignal): Promise<string[]>;
  /**
   * Makes one that carries its key from its first instant on. Not repeated where its outcome is
   * unknown: look for the key before it is called again.
   */
  create(key: string, title: string, signal: AbortSignal): Promise<string>;
  remove(spreadsheetId: string, signal: AbortSignal): Promise<void>;
  /** All its sheets, in the order shown. */
  listSheets(spreadsheetId: string, signal: AbortSignal): Promise<Sheet[]>;
  /** Adds a hidden sheet behind all others, and deletes `drop`: both or neither. Safe to repeat. */
  beginSheet(spreadsheetId: string, draft: SheetDraft, signal: AbortSignal): Promise<void>;
  /** Writes rows from `startRow` (0 is the header's), values raw. Safe to repeat. */
  writeRows(
    spreadsheetId: string,
    rows: { sheetId: number; startRow: number; values: SheetCell[][] },
    signal: AbortSignal,
  ): Promise<void>;
  isEmpty(spreadsheetId: string, sheetId: number, signal: AbortSignal): Promise<boolean>;
  /** Shows the sheet as the first and as whole, and deletes `drop`: all or nothing. Safe to repeat. */
  publishSheet(
    spreadsheetId: string,
    sheet: { sheetId: number; mark: string; drop: number[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** Safe to repeat. */
  removeSheets(spreadsheetId: string, sheetIds: number[], signal: AbortSignal): Promise<void>;
  /** Who has access, by e-mail address in lower case. */
  listAccess(spreadsheetId: string, signal: AbortSignal): Promise<Map<string, Access>>;
  /** Lets somebody read it, without an e-mail to them. */
  grantReading(spreadsheetId: string, email: string, signal: AbortSignal): Promise<void>;
  revoke(spreadsheetId: string, permissionId: string, signal: AbortSignal): Promise<void>;
}

export interface Sheet {
  sheetId: number;
  title: string;
  cells: number;
  /** What it was begun under; null for a sheet that is not ours. */
  mark: string | null;
  /** Whether it was published. */
  isWhole: boolean;
}

export interface SheetDraft {
  sheetId: number;
  title: string;
  rows: number;
  columns: number;
  mark: string;
  /** Number formats by column. */
  formats: { column: number; format: SheetFormat }[];
  drop: number[];
}

export interface SheetFormat {
  type: "DATE" | "DATE_TIME";
  pattern: string;
}

/** Null is an empty cell. */
export type SheetCell = string | number | boolean | null;

export interface Access {
  permissionId: string;
  role: string;
  /** Given by the folder that it is in: it cannot be taken here. */
  isInherited: boolean;
}
