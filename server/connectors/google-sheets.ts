import type { drive_v3 } from "@googleapis/drive";
import type { sheets_v4 } from "@googleapis/sheets";
import { createGoogleCalls, type GoogleCalls } from "./google-sheets-calls.ts";
import { createDriveCalls } from "./google-sheets-files.ts";
import type { Sheet, SheetDraft, Sheets } from "./sheets.ts";

export interface SheetsOptions {
  sheets: sheets_v4.Sheets;
  drive: drive_v3.Drive;
  /** What stands before `/spreadsheets/d/ID` in a browser. */
  webUrl: string;
  /** The Drive folder where spreadsheets are made; null is the account's own. */
  folderId: string | null;
  /** In [0, 1), for jitter. */
  random: () => number;
}

/*
 * What is ours is told by developer metadata of the sheet, which renaming and moving leave as it is: its
 * mark from the batch on that adds it, and `whole` from the batch on that shows it. Each names the
 * sheet's id, because a copy that somebody makes of one of ours takes them along, and is theirs.
 */
const markKey = "maestro-export";
const wholeKey = "maestro-export-whole";

/** Google Sheets and Drive over Google's clients. */
export function createSheets(options: SheetsOptions): Sheets {
  const calls = createGoogleCalls({ random: options.random });
  return {
    urlOf: (id) => spreadsheetUrl(options.webUrl, id),
    ...createDriveCalls(options, calls),
    ...sheetCalls(options.sheets, calls),
  };
}

export function spreadsheetUrl(webUrl: string, id: string): string {
  return `${webUrl}/spreadsheets/d/${encodeURIComponent(id)}/edit`;
}

type SheetCalls =
  | "listSheets"
  | "beginSheet"
  | "writeRows"
  | "isEmpty"
  | "publishSheet"
  | "removeSheets";

function sheetCalls(
  { spreadsheets }: sheets_v4.Sheets,
  { call }: GoogleCalls,
): Pick<Sheets, SheetCalls> {
  const listSheets = async (spreadsheetId: string, signal: AbortSignal) => {
    const fields = "sheets(properties,developerMetadata)";
    const { data } = await call("read the spreadsheet", signal, (each) =>
      spreadsheets.get({ spreadsheetId, fields }, each),
    );
    return (data.sheets ?? []).map(toSheet);
  };
  const update = async (
    doing: string,
    spreadsheetId: string,
    requests: sheets_v4.Schema$Request[],
    options: { signal: AbortSignal; isDone: (sheets: Sheet[]) => boolean },
  ) => {
    const { signal, isDone } = options;
    try {
      await call(doing, signal, (each) =>
        spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } }, each),
      );
    } catch (error) {
      // Carried out already, by a call whose answer was lost.
      if (!isRefusal(error) || !isDone(await listSheets(spreadsheetId, signal))) throw error;
    }
  };

  return {
    listSheets,

    beginSheet: (spreadsheetId, draft, signal) =>
      update("add a sheet", spreadsheetId, draftRequests(draft), {
        signal,
        isDone: (sheets) =>
          sheets.some(({ sheetId, mark }) => sheetId === draft.sheetId && mark === draft.mark),
      }),

    async writeRows(spreadsheetId, { sheetId, startRow, values }, signal) {
      const gridRange = {
        sheetId,
        startRowIndex: startRow,
        endRowIndex: startRow + values.length,
        startColumnIndex: 0,
        endColumnIndex: values[0]?.length ?? 1,
      };
      const data = [{ dataFilter: { gridRange }, majorDimension: "ROWS", values }];
      // RAW: a text that begins with = stays a text.
      const requestBody = { valueInputOption: "RAW", data };
      await call("write rows", signal, (each) =>
        spreadsheets.values.batchUpdateByDataFilter({ spreadsheetId, requestBody }, each),
      );
    },

    async isEmpty(spreadsheetId, sheetId, signal) {
      const requestBody = {
        dataFilters: [{ gridRange: { sheetId } }],
        valueRenderOption: "UNFORMATTED_VALUE",
      };
      const { data } = await call("read a sheet", signal, (each) =>
        spreadsheets.values.batchGetByDataFilter({ spreadsheetId, requestBody }, each),
      );
      return (data.valueRanges ?? []).every(({ valueRange }) => !valueRange?.values?.length);
    },

    publishSheet: (spreadsheetId, { sheetId, mark, drop }, signal) =>
      update("show the sheet", spreadsheetId, publishRequests(sheetId, mark, drop), {
        signal,
        isDone: (sheets) => sheets.some((each) => each.sheetId === sheetId && each.isWhole),
      }),

    removeSheets: (spreadsheetId, sheetIds, signal) =>
      update("delete a sheet", spreadsheetId, sheetIds.map(deleteRequest), {
        signal,
        isDone: (sheets) => !sheets.some(({ sheetId }) => sheetIds.includes(sheetId)),
      }),
  };
}

/** Answered with a 400: the batch was not carried out. */
function isRefusal(error: unknown): boolean {
  return (error as { reason?: unknown }).reason === "badRequest";
}

function draftRequests(draft: SheetDraft): sheets_v4.Schema$Request[] {
  const { sheetId, title, rows, columns, mark } = draft;
  const gridProperties = { rowCount: rows, columnCount: columns, frozenRowCount: 1 };
  return [
    ...draft.drop.map(deleteRequest),
    { addSheet: { properties: { sheetId, title, hidden: true, gridProperties } } },
    markRequest(sheetId, markKey, mark),
    {
      repeatCell: {
        range: { sheetId, startRowIndex: 0, endRowIndex: 1 },
        cell: { userEnteredFormat: { textFormat: { bold: true } } },
        fields: "userEnteredFormat.textFormat.bold",
      },
    },
    ...draft.formats.map(({ column, format }) => ({
      repeatCell: {
        range: { sheetId, startRowIndex: 1, startColumnIndex: column, endColumnIndex: column + 1 },
        cell: { userEnteredFormat: { numberFormat: format } },
        fields: "userEnteredFormat.numberFormat",
      },
    })),
  ];
}

function publishRequests(
  sheetId: number,
  mark: string,
  drop: number[],
): sheets_v4.Schema$Request[] {
  const properties = { sheetId, hidden: false, index: 0 };
  return [
    { updateSheetProperties: { properties, fields: "hidden,index" } },
    markRequest(sheetId, wholeKey, mark),
    ...drop.map(deleteRequest),
  ];
}

function deleteRequest(sheetId: number): sheets_v4.Schema$Request {
  return { deleteSheet: { sheetId } };
}

function markRequest(sheetId: number, key: string, value: string): sheets_v4.Schema$Request {
  const location = { sheetId };
  const metadataValue = `${sheetId}:${value}`;
  const developerMetadata = { location, metadataKey: key, metadataValue };
  return {
    createDeveloperMetadata: {
      developerMetadata: { ...developerMetadata, visibility: "DOCUMENT" },
    },
  };
}

function toSheet({ properties, developerMetadata = [] }: sheets_v4.Schema$Sheet): Sheet {
  const { title, gridProperties } = properties ?? {};
  const sheetId = properties?.sheetId ?? 0;
  const markOf = (key: string) => {
    const found = developerMetadata.find(({ metadataKey }) => metadataKey === key);
    const [ofSheet, value] = found?.metadataValue?.split(":") ?? [];
    return ofSheet === String(sheetId) && value !== undefined ? value : null;
  };
  const mark = markOf(markKey);
  return {
    sheetId,
    title: title ?? "",
    cells: (gridProperties?.rowCount ?? 0) * (gridProperties?.columnCount ?? 0),
    mark,
    isWhole: mark !== null && markOf(wholeKey) === mark,
  };
}
