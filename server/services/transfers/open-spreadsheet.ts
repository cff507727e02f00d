import { type SheetContext, storeSpreadsheet } from "../../db/spreadsheets.ts";
import type { Deps } from "../deps.ts";

/**
 * The table's spreadsheet; another where somebody has deleted it.
 *
 * Google cannot make one and let us write its id down in one step. It carries its table from its first
 * instant on instead: one that was made by a room which died before it wrote down the id is found by
 * that. Two rooms that make one at the same time both go on with the older.
 */
export async function openSpreadsheet(
  deps: Pick<Deps, "db" | "sheets" | "instanceId">,
  tableId: number,
  { definition, spreadsheetId }: SheetContext,
  signal: AbortSignal,
): Promise<string> {
  const { sheets } = deps;
  if (spreadsheetId !== null && (await sheets.isThere(spreadsheetId, signal))) {
    return spreadsheetId;
  }
  const key = `${deps.instanceId}-${tableId}`;
  const [found] = await sheets.find(key, signal);
  if (found !== undefined) {
    await storeSpreadsheet(deps.db, tableId, found);
    return found;
  }
  const made = await sheets.create(key, `${definition.dataset}.${definition.name}`, signal);
  const [oldest = made] = await sheets.find(key, signal);
  await storeSpreadsheet(deps.db, tableId, oldest);
  if (oldest !== made) await sheets.remove(made, signal);
  return oldest;
}
