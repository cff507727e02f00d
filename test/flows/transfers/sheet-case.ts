import { eq } from "drizzle-orm";
import { expect } from "vitest";
import { tables } from "../../../drizzle/schema/tables.ts";
import { createGoogleClients } from "../../../server/connectors/google-clients.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { firstRows } from "./import-case.ts";
import type { Surroundings } from "./surroundings.ts";
import { openTransferCase } from "./transfer-case.ts";
import { type Readers, watchReaders } from "./watch-readers.ts";

/** More than one request writes. */
const allRows = 12_000;
/** With the header. */
const firstSheet = String(firstRows + 1);
const secondSheet = String(allRows + 1);

const rowsOf = (
  rows: number,
) => `select id, concat('=text ', cast(id as string), repeat('x', 100)) as name
  from unnest(generate_array(1, ${rows})) as id order by id`;

/**
 * A table whose first rows are written to its sheet, and many more are there to be. Those who look at the
 * spreadsheet may see what was and what is to be, and nothing between.
 */
export async function openSheetCase(surroundings: Surroundings) {
  const opened = await openTransferCase(surroundings, "postgres");
  const { deps, name } = opened;
  const google = { projectId: name, location: "US", localCloudUrl: surroundings.cloudUrl };
  const { sheets, drive } = await createGoogleClients(google);
  const ids = await insertCatalog(deps.db, [{ name, query: rowsOf(firstRows), sheet: true }]);
  const tableId = ids.get(name) ?? 0;

  const readSpreadsheet = async () => {
    const [row] = await deps.db.select().from(tables).where(eq(tables.id, tableId));
    const spreadsheetId = row?.spreadsheetId;
    if (!spreadsheetId) return null;
    const { data } = await sheets.spreadsheets.get({ spreadsheetId });
    const all = (data.sheets ?? []).map(({ properties }) => properties);
    return { spreadsheetId, all, shown: all.filter((sheet) => !sheet?.hidden) };
  };
  /** The rows of each sheet that is shown, the first first. */
  const glance = async () => {
    const found = await readSpreadsheet();
    return found?.shown.map((sheet) => sheet?.gridProperties?.rowCount).join(", ") ?? "none";
  };
  return {
    ...opened,
    tableId,
    /** Writes the first rows, and makes the others those of the next run. */
    async begin() {
      const first = await opened.run(tableId);
      expect(await opened.ended(first)).toEqual({ state: "succeeded", reason: null });
      await deps.db
        .update(tables)
        .set({ query: rowsOf(allRows) })
        .where(eq(tables.id, tableId));
      return watchReaders({ spreadsheet: glance });
    },
    /** A whole sheet was added, before the one that was there, and nothing else is left. */
    async checkWhole(tableRunId: number, readers: Readers) {
      expect(await opened.ended(tableRunId)).toEqual({ state: "succeeded", reason: null });
      expect((await readers.stop())["spreadsheet"]).toEqual([
        firstSheet,
        `${secondSheet}, ${firstSheet}`,
      ]);
      const { spreadsheetId, all, shown } = (await readSpreadsheet())!;
      expect(all).toHaveLength(2);
      const dataFilters = [{ gridRange: { sheetId: shown[0]?.sheetId ?? 0 } }];
      const { data } = await sheets.spreadsheets.values.batchGetByDataFilter({
        spreadsheetId,
        requestBody: { dataFilters, valueRenderOption: "UNFORMATTED_VALUE" },
      });
      const [header, ...rows] = data.valueRanges?.[0]?.valueRange?.values ?? [];
      expect(header).toEqual(["id", "name"]);
      expect(rows).toEqual(
        Array.from({ length: allRows }, (_, at) => [at + 1, `=text ${at + 1}${"x".repeat(100)}`]),
      );
    },
    /** Of this table, also those that no row of ours names. */
    async countSpreadsheets() {
      const { data } = await drive.files.list({ q: "trashed=false", fields: "files(name)" });
      return (data.files ?? []).filter((file) => file.name === `d.${name}`).length;
    },
    glance,
  };
}

export type SheetCase = Awaited<ReturnType<typeof openSheetCase>>;
