import { StorageError } from "../object-store/storage-error.ts";

/** A spreadsheet as it is kept: Drive's file and Sheets' content are one thing. */
export interface SpreadsheetDocument {
  id: string;
  title: string;
  createdTime: string;
  modifiedTime: string;
  trashed: boolean;
  appProperties: Record<string, string>;
  parents: string[];
  permissions: Permission[];
  /** In the order shown. */
  sheets: SheetDocument[];
  /** Names the file of the next block of values. */
  nextBlock: number;
}

export interface Permission {
  id: string;
  type: string;
  role: string;
  emailAddress: string;
}

export interface SheetDocument {
  sheetId: number;
  title: string;
  hidden: boolean;
  rowCount: number;
  columnCount: number;
  frozenRowCount: number;
  metadata: DeveloperMetadata[];
  formats: { range: CellRange; format: CellFormat }[];
  /** In the order written: where two overlap, the later one is what a cell has. */
  blocks: Block[];
}

export interface DeveloperMetadata {
  metadataId: number;
  metadataKey: string;
  metadataValue: string;
  visibility: string;
}

export interface CellFormat {
  textFormat?: { bold?: boolean };
  numberFormat?: { type: string; pattern?: string };
}

/** Zero-based; the ends are not part of it. */
export interface CellRange {
  startRow: number;
  endRow: number;
  startColumn: number;
  endColumn: number;
}

export interface Block extends CellRange {
  file: string;
}

export type Cell = string | number | boolean | null;

export const maxSpreadsheetCells = 10_000_000;
export const maxCellCharacters = 50_000;

/** GridRange of the REST API: what is absent is unbounded. */
export interface GridRange {
  sheetId?: number;
  startRowIndex?: number;
  endRowIndex?: number;
  startColumnIndex?: number;
  endColumnIndex?: number;
}

export function requireSheet(document: SpreadsheetDocument, sheetId: number): SheetDocument {
  const sheet = document.sheets.find((each) => each.sheetId === sheetId);
  if (sheet) return sheet;
  throw refusal(`No sheet with id: ${sheetId}`);
}

export function boundedRange(sheet: SheetDocument, range: GridRange): CellRange {
  const bounded = {
    startRow: range.startRowIndex ?? 0,
    endRow: range.endRowIndex ?? sheet.rowCount,
    startColumn: range.startColumnIndex ?? 0,
    endColumn: range.endColumnIndex ?? sheet.columnCount,
  };
  if (bounded.endRow > sheet.rowCount || bounded.endColumn > sheet.columnCount) {
    throw refusal(
      `Range exceeds grid limits. Max rows: ${sheet.rowCount}, max columns: ${sheet.columnCount}`,
    );
  }
  return bounded;
}

export function newSheet(
  sheetId: number,
  title: string,
  size: { rowCount: number; columnCount: number; frozenRowCount?: number },
): SheetDocument {
  return {
    sheetId,
    title,
    hidden: false,
    frozenRowCount: 0,
    ...size,
    metadata: [],
    formats: [],
    blocks: [],
  };
}

/** A 400, in the words of Sheets. */
export function refusal(message: string): StorageError {
  return new StorageError(400, "badRequest", message);
}

export function notSupported(what: string): StorageError {
  return new StorageError(501, "notImplemented", `${what} is not supported by the local cloud`);
}

/** Names the first of these keys that the local cloud does not know; each must be refused, not ignored. */
export function refuseOthers(where: string, given: object | undefined, known: string[]): void {
  const other = Object.keys(given ?? {}).find((key) => !known.includes(key));
  if (other !== undefined) throw notSupported(`${where}.${other}`);
}
