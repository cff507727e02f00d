import type { FastifyInstance } from "fastify";
import { applyBatch, propertiesOf, type UpdateRequest } from "./batch-update.ts";
import { partOf } from "./partial-response.ts";
import {
  boundedRange,
  type Cell,
  type CellRange,
  type GridRange,
  maxCellCharacters,
  notSupported,
  refusal,
  refuseOthers,
  requireSheet,
  type SpreadsheetDocument,
} from "./spreadsheet-document.ts";
import type { SpreadsheetFiles } from "./spreadsheet-files.ts";

interface DataFilter {
  gridRange?: GridRange;
}
interface WriteBody {
  valueInputOption?: string;
  data?: { dataFilter?: DataFilter; majorDimension?: string; values?: unknown[][] }[];
}
interface ReadBody {
  dataFilters?: DataFilter[];
  valueRenderOption?: string;
}
interface Request {
  Params: { spreadsheetId: string };
  Querystring: { fields?: string; includeGridData?: string };
}

const root = "/v4/spreadsheets";

/** `/v4/spreadsheets`: Sheets' REST API, as far as tables are written by it. */
export function sheetsRoutes(
  app: FastifyInstance,
  files: SpreadsheetFiles,
  baseUrl: () => string,
): void {
  app.get<Request>(`${root}/:spreadsheetId`, ({ params, query }) => {
    if (query.includeGridData === "true") throw notSupported("includeGridData");
    return partOf(
      spreadsheetResource(files.require(params.spreadsheetId), baseUrl()),
      query.fields,
    );
  });

  app.post<{ Params: { target: string }; Body: { requests?: UpdateRequest[] } }>(
    `${root}/:target`,
    async ({ params, body }) => {
      const [spreadsheetId = "", method] = params.target.split(":");
      if (method !== "batchUpdate") throw notSupported(`spreadsheets ${method ?? "create"}`);
      const { requests = [], ...others } = body;
      refuseOthers("batchUpdate", others, []);
      const replies = await files.change(spreadsheetId, (document) =>
        applyBatch(document, requests),
      );
      return { spreadsheetId, replies };
    },
  );

  app.post<Request & { Params: { method: string }; Body: WriteBody & ReadBody }>(
    `${root}/:spreadsheetId/:method`,
    ({ params, body }) => {
      switch (params.method) {
        case "values:batchUpdateByDataFilter":
          return writeValues(files, params.spreadsheetId, body);
        case "values:batchGetByDataFilter":
          return readValues(files, params.spreadsheetId, body);
        default:
          throw notSupported(`spreadsheets.${params.method}`);
      }
    },
  );

  for (const path of [root, "/v4/*"]) {
    app.all(path, ({ method, url }) => {
      throw notSupported(`${method} ${url}`);
    });
  }
}

async function writeValues(files: SpreadsheetFiles, spreadsheetId: string, body: WriteBody) {
  const { valueInputOption, data = [], ...others } = body;
  refuseOthers("values", others, []);
  // Formulas, dates and numbers in texts would have to be understood otherwise.
  if (valueInputOption !== "RAW") throw notSupported(`valueInputOption ${valueInputOption}`);
  return files.change(spreadsheetId, async (document) => {
    let cells = 0;
    for (const { dataFilter, majorDimension = "ROWS", values = [] } of data) {
      if (majorDimension !== "ROWS") throw notSupported(`majorDimension ${majorDimension}`);
      const { sheet, range } = located(document, dataFilter);
      const checked = checkValues(values, range);
      await files.write(document, sheet, range, checked);
      cells += checked.reduce((sum, row) => sum + row.filter((cell) => cell !== null).length, 0);
    }
    return { spreadsheetId, totalUpdatedCells: cells };
  });
}

function checkValues(values: unknown[][], range: CellRange): Cell[][] {
  const height = range.endRow - range.startRow;
  const width = range.endColumn - range.startColumn;
  if (values.length > height || values.some((row) => row.length > width)) {
    throw refusal(`Requested writing within a range of ${height} rows and ${width} columns.`);
  }
  for (const cell of values.flat()) {
    if (cell !== null && !["string", "number", "boolean"].includes(typeof cell)) {
      throw refusal(`Invalid values: a cell cannot be ${JSON.stringify(cell)}.`);
    }
    if (typeof cell === "string" && cell.length > maxCellCharacters) {
      throw refusal(
        `Your input contains more than the maximum of ${maxCellCharacters} characters in a single cell.`,
      );
    }
  }
  return values as Cell[][];
}

async function readValues(files: SpreadsheetFiles, spreadsheetId: string, body: ReadBody) {
  const { dataFilters = [], valueRenderOption, ...others } = body;
  refuseOthers("values", others, []);
  if (valueRenderOption !== "UNFORMATTED_VALUE") {
    throw notSupported(`valueRenderOption ${valueRenderOption ?? "FORMATTED_VALUE"}`);
  }
  const document = files.require(spreadsheetId);
  const valueRanges = [];
  for (const filter of dataFilters) {
    const { sheet, range } = located(document, filter);
    const values = trimmed(await files.values(spreadsheetId, sheet, range));
    const valueRange = { majorDimension: "ROWS", ...(values.length > 0 ? { values } : {}) };
    valueRanges.push({ valueRange, dataFilters: [filter] });
  }
  return { spreadsheetId, valueRanges };
}

/** Empty cells are '' and left away at the end of rows and of the range, as Sheets answers. */
function trimmed(rows: Cell[][]): Cell[][] {
  const isEmpty = (cell: Cell | undefined) => cell === null || cell === "";
  const shorter = rows.map((row) => {
    const last = row.findLastIndex((cell) => !isEmpty(cell));
    return row.slice(0, last + 1).map((cell) => cell ?? "");
  });
  return shorter.slice(0, shorter.findLastIndex((row) => row.length > 0) + 1);
}

function located(document: SpreadsheetDocument, filter: DataFilter | undefined) {
  refuseOthers("dataFilter", filter, ["gridRange"]);
  if (!filter?.gridRange) throw notSupported("a data filter without a gridRange");
  const sheet = requireSheet(document, filter.gridRange.sheetId ?? 0);
  return { sheet, range: boundedRange(sheet, filter.gridRange) };
}

function spreadsheetResource(document: SpreadsheetDocument, baseUrl: string) {
  return {
    spreadsheetId: document.id,
    properties: { title: document.title },
    sheets: document.sheets.map((sheet) => ({
      properties: propertiesOf(document, sheet),
      ...(sheet.metadata.length > 0
        ? {
            developerMetadata: sheet.metadata.map((each) => ({
              ...each,
              location: { locationType: "SHEET", sheetId: sheet.sheetId },
            })),
          }
        : {}),
    })),
    spreadsheetUrl: `${baseUrl}/spreadsheets/d/${document.id}/edit`,
  };
}
