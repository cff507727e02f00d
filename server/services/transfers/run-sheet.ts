import { MaestroError, messageOf } from "../../../shared/errors.ts";
import type { TableDefinition } from "../../../shared/table.ts";
import type { Sheet, SheetCell, SheetDraft, Sheets } from "../../connectors/sheets.ts";
import type { StoredTable } from "../../connectors/warehouse.ts";
import { readSheetContext } from "../../db/spreadsheets.ts";
import type { ClaimedTransfer } from "../../db/transfers.ts";
import { cellsOf, formatOf } from "../../domain/sheet-cells.ts";
import {
  markText,
  maxSpreadsheetCells,
  planSheet,
  type SheetMark,
  type SheetPlan,
} from "../../domain/sheet-plan.ts";
import type { Deps } from "../deps.ts";
import { type Columns, cellCount, checkSize, count, lookThrough } from "./look-through.ts";
import { openSpreadsheet } from "./open-spreadsheet.ts";
import { nameOf, readPages, readWarehouseTable } from "./read-warehouse-table.ts";
import { shareSpreadsheet } from "./share-spreadsheet.ts";
import type { Done, Work } from "./transfer-work.ts";

/*
 * A table to its spreadsheet.
 *
 *   look      all rows are read once: how many, and what form each column has; too much is refused
 *             here, before anything is written
 *   open      the spreadsheet, or another where it was deleted
 *   begin     a hidden sheet with our mark; half ones of dead rooms go in the same step
 *   write     the rows, read a second time
 *   publish   in one step it is shown as the first, and those beyond seven go
 *   share     with the readers
 *
 * A crash before `publish` leaves a hidden half sheet, which the next `begin` deletes; one after it
 * leaves a whole sheet, which the same transfer replaces when it is done again. A room that has lost its
 * claim without noticing finds its sheet deleted.
 */

interface Target {
  spreadsheetId: string;
  sheetId: number;
  mark: string;
}

/** Google advises 2 MB a request at most, and allows 60 a minute: the largest table is within both. */
const batchBytes = 700_000;
const sweepMs = 30_000;

/** Rows, the spreadsheet's address, and the bytes of JSON that were written. */
export async function runSheet(deps: Deps, work: Work): Promise<Done> {
  const { claim, signal } = work;
  const context = await readSheetContext(deps.db, claim.tableRunId);
  if (!context) throw new MaestroError("notFound", "its table run is gone");
  const { definition } = context;
  const table = await readWarehouseTable(deps, definition, signal);
  checkSize(deps, definition, table);
  const columns = await lookThrough(deps, work, definition, table);
  const spreadsheetId = await openSpreadsheet(deps, claim.tableId, context, signal);
  const plan = await planIn(deps, work, { definition, columns, spreadsheetId });
  const target = { spreadsheetId, sheetId: plan.sheetId, mark: markText(markOf(claim)) };
  try {
    await deps.sheets.beginSheet(spreadsheetId, draftOf(columns, plan, target.mark), signal);
    const { rows, bytes } = await write(deps, work, { definition, table, columns, target });
    const now = await readWarehouseTable(deps, definition, signal);
    if (now.modifiedAt !== table.modifiedAt) throw changed(definition);
    await deps.sheets.publishSheet(spreadsheetId, { ...target, drop: plan.dropLast }, signal);
    await shareSpreadsheet(deps, claim, spreadsheetId, signal);
    return { result: { rows, target: deps.sheets.urlOf(spreadsheetId) }, bytes };
  } catch (error) {
    await removeHalf(deps, target);
    throw error;
  }
}

function markOf({ id, fence }: ClaimedTransfer): SheetMark {
  return { transferId: id, fence };
}

async function planIn(
  { sheets, now }: Pick<Deps, "sheets" | "now">,
  { claim, signal }: Work,
  about: { definition: TableDefinition; columns: Columns; spreadsheetId: string },
): Promise<SheetPlan> {
  const { definition, columns, spreadsheetId } = about;
  const present = await sheets.listSheets(spreadsheetId, signal);
  const plan = planSheet(present, { mark: markOf(claim), cells: cellCount(columns), at: now() });
  if (plan.ok) {
    const blank = await findBlank(sheets, spreadsheetId, present, signal);
    return { ...plan, dropLast: [...plan.dropLast, ...blank] };
  }
  if (plan.why === "lost") {
    throw new MaestroError("conflict", "another room writes this sheet by now");
  }
  throw new MaestroError(
    "sheets",
    `the sheet of ${nameOf(definition)} has ${count(cellCount(columns), "cells")}, and other sheets of its spreadsheet take ${count(plan.takenCells, "cells")} of the ${count(maxSpreadsheetCells, "cells")} that Google allows: delete some that people have added, or empty rows and columns of theirs`,
  );
}

/** The empty sheet that Google makes with a spreadsheet, which goes with the first export. */
async function findBlank(
  sheets: Sheets,
  spreadsheetId: string,
  present: Sheet[],
  signal: AbortSignal,
): Promise<number[]> {
  const first = present.find(({ sheetId, mark }) => sheetId === 0 && mark === null);
  if (!first || present.some(({ isWhole }) => isWhole)) return [];
  return (await sheets.isEmpty(spreadsheetId, first.sheetId, signal)) ? [first.sheetId] : [];
}

function draftOf(columns: Columns, plan: SheetPlan, mark: string): SheetDraft {
  const formats = columns.forms.flatMap((form, column) => {
    const format = formatOf(form);
    return format ? [{ column, format }] : [];
  });
  const { sheetId, title, dropFirst } = plan;
  const size = { rows: columns.rows + 1, columns: Math.max(1, columns.names.length) };
  // A column's format is of rows below the header: Google refuses a range of none.
  const shown = columns.rows > 0 ? formats : [];
  return { sheetId, title, ...size, mark, formats: shown, drop: dropFirst };
}

/** A half sheet goes at once where that can be; the next export finds it otherwise. */
async function removeHalf(
  { sheets, log }: Pick<Deps, "sheets" | "log">,
  { spreadsheetId, sheetId, mark }: Target,
): Promise<void> {
  const signal = AbortSignal.timeout(sweepMs);
  try {
    const present = await sheets.listSheets(spreadsheetId, signal);
    const isHalf = (each: Sheet) => each.sheetId === sheetId && each.mark === mark && !each.isWhole;
    if (present.some(isHalf)) await sheets.removeSheets(spreadsheetId, [sheetId], signal);
  } catch (error) {
    log.warn(
      { spreadsheet: spreadsheetId, err: error },
      `a hidden sheet is left: ${messageOf(error)}`,
    );
  }
}

function changed(definition: TableDefinition): MaestroError {
  const text = `${nameOf(definition)} was changed in BigQuery while its sheet was written`;
  return new MaestroError("transient", text, { retryable: true });
}

/** The second reading. */
async function write(
  deps: Deps,
  { signal, report }: Work,
  plan: {
    definition: TableDefinition;
    table: StoredTable;
    columns: Columns;
    target: Target;
  },
): Promise<{ rows: number; bytes: number }> {
  const { definition, table, columns, target } = plan;
  const batch: SheetCell[][] = [columns.names];
  let startRow = 0;
  let batchSize = 0;
  let bytes = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    if (startRow + batch.length > columns.rows + 1) throw changed(definition);
    const { spreadsheetId, sheetId } = target;
    await deps.sheets.writeRows(spreadsheetId, { sheetId, startRow, values: batch }, signal);
    startRow += batch.length;
    bytes += batchSize;
    batchSize = 0;
    batch.length = 0;
    report({ rows: startRow - 1, bytes, totalRows: columns.rows });
  };
  for await (const rows of readPages(deps, definition, table, signal)) {
    for (const row of rows) {
      const cells = cellsOf(row, columns);
      batch.push(cells);
      batchSize += JSON.stringify(cells).length;
      if (batchSize >= batchBytes) await flush();
    }
  }
  await flush();
  if (startRow !== columns.rows + 1) throw changed(definition);
  return { rows: startRow - 1, bytes };
}
