import { randomBytes } from "node:crypto";
import {
  boundedRange,
  type CellFormat,
  type DeveloperMetadata,
  type GridRange,
  maxSpreadsheetCells,
  newSheet,
  notSupported,
  refusal,
  refuseOthers,
  requireSheet,
  type SheetDocument,
  type SpreadsheetDocument,
} from "./spreadsheet-document.ts";

/** One of the requests of a batchUpdate: an object with its kind as the only key. */
export type UpdateRequest = Record<string, unknown>;

interface SheetProperties {
  sheetId?: number;
  title?: string;
  index?: number;
  hidden?: boolean;
  gridProperties?: { rowCount?: number; columnCount?: number; frozenRowCount?: number };
}

type Apply = (document: SpreadsheetDocument, body: never) => Record<string, unknown>;

const kinds: Record<string, Apply> = {
  addSheet,
  deleteSheet,
  updateSheetProperties,
  createDeveloperMetadata,
  repeatCell,
};

/** All of these requests, on a copy of the document that counts only if none is refused. */
export function applyBatch(
  document: SpreadsheetDocument,
  requests: UpdateRequest[],
): Record<string, unknown>[] {
  const replies = requests.map((request, index) => {
    const [kind, ...others] = Object.keys(request);
    if (kind === undefined || others.length > 0) {
      throw refusal(`Invalid requests[${index}]: exactly one kind is to be set.`);
    }
    const apply = kinds[kind];
    if (!apply) throw notSupported(`requests[${index}].${kind}`);
    return apply(document, request[kind] as never);
  });
  if (!document.sheets.some((sheet) => !sheet.hidden)) {
    throw refusal("You can't remove all the visible sheets in a document.");
  }
  const cells = document.sheets.reduce((sum, each) => sum + each.rowCount * each.columnCount, 0);
  if (cells > maxSpreadsheetCells) {
    throw refusal(
      "This action would increase the number of cells in the workbook above the limit of 10000000 cells.",
    );
  }
  return replies;
}

function addSheet(document: SpreadsheetDocument, body: { properties?: SheetProperties }) {
  const properties = body.properties ?? {};
  checkKnown(properties);
  const { sheetId = randomBytes(4).readUInt32BE() >>> 1, gridProperties } = properties;
  if (document.sheets.some((each) => each.sheetId === sheetId)) {
    throw refusal(`A sheet with the ID ${sheetId} already exists. Please enter another ID.`);
  }
  const sheet = newSheet(sheetId, properties.title ?? `Sheet${document.sheets.length + 1}`, {
    rowCount: gridProperties?.rowCount ?? 1000,
    columnCount: gridProperties?.columnCount ?? 26,
    frozenRowCount: gridProperties?.frozenRowCount ?? 0,
  });
  checkTitle(document, sheet);
  sheet.hidden = properties.hidden ?? false;
  document.sheets.splice(properties.index ?? document.sheets.length, 0, sheet);
  return { addSheet: { properties: propertiesOf(document, sheet) } };
}

function deleteSheet(document: SpreadsheetDocument, { sheetId }: { sheetId: number }) {
  const sheet = requireSheet(document, sheetId);
  document.sheets = document.sheets.filter((each) => each !== sheet);
  return {};
}

function updateSheetProperties(
  document: SpreadsheetDocument,
  { properties, fields }: { properties: SheetProperties; fields: string },
) {
  checkKnown(properties);
  const sheet = requireSheet(document, properties.sheetId ?? 0);
  for (const field of fields.split(",")) {
    if (field === "title") sheet.title = properties.title ?? "";
    else if (field === "hidden") sheet.hidden = properties.hidden ?? false;
    else if (field === "index") {
      document.sheets = document.sheets.filter((each) => each !== sheet);
      document.sheets.splice(properties.index ?? 0, 0, sheet);
    } else throw notSupported(`updateSheetProperties of ${field}`);
  }
  checkTitle(document, sheet);
  return {};
}

function createDeveloperMetadata(
  document: SpreadsheetDocument,
  { developerMetadata: given }: { developerMetadata: MetadataBody },
) {
  refuseOthers("developerMetadata", given, [
    "metadataKey",
    "metadataValue",
    "visibility",
    "location",
  ]);
  refuseOthers("developerMetadata.location", given.location, ["sheetId"]);
  const sheet = requireSheet(document, given.location?.sheetId ?? -1);
  const metadata = {
    metadataId: randomBytes(4).readUInt32BE() >>> 1,
    metadataKey: given.metadataKey,
    metadataValue: given.metadataValue ?? "",
    visibility: given.visibility ?? "DOCUMENT",
  };
  sheet.metadata.push(metadata);
  return { createDeveloperMetadata: { developerMetadata: metadata } };
}

interface MetadataBody extends DeveloperMetadata {
  location?: { sheetId?: number };
}

function repeatCell(
  document: SpreadsheetDocument,
  body: { range: GridRange; cell: { userEnteredFormat?: CellFormat }; fields: string },
) {
  refuseOthers("repeatCell.cell", body.cell, ["userEnteredFormat"]);
  const format = body.cell.userEnteredFormat ?? {};
  refuseOthers("userEnteredFormat", format, ["textFormat", "numberFormat"]);
  const sheet = requireSheet(document, body.range.sheetId ?? 0);
  sheet.formats.push({ range: boundedRange(sheet, body.range), format });
  return {};
}

function checkKnown(properties: SheetProperties): void {
  const known = ["sheetId", "title", "index", "hidden", "gridProperties"];
  refuseOthers("properties", properties, known);
  const grid = ["rowCount", "columnCount", "frozenRowCount"];
  refuseOthers("gridProperties", properties.gridProperties, grid);
}

function checkTitle(document: SpreadsheetDocument, sheet: SheetDocument): void {
  const isSame = (each: SheetDocument) => each !== sheet && each.title === sheet.title;
  if (document.sheets.some(isSame)) {
    throw refusal(
      `A sheet with the name "${sheet.title}" already exists. Please enter another name.`,
    );
  }
}

/** SheetProperties of the REST API. */
export function propertiesOf(document: SpreadsheetDocument, sheet: SheetDocument) {
  const { sheetId, title, hidden, rowCount, columnCount, frozenRowCount } = sheet;
  return {
    sheetId,
    title,
    index: document.sheets.indexOf(sheet),
    sheetType: "GRID",
    gridProperties: { rowCount, columnCount, ...(frozenRowCount > 0 ? { frozenRowCount } : {}) },
    ...(hidden ? { hidden } : {}),
  };
}
