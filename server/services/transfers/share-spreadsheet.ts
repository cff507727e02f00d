import { MaestroError, messageOf } from "../../../shared/errors.ts";
import { readSheetContext, storeReaders } from "../../db/spreadsheets.ts";
import type { ClaimedTransfer } from "../../db/transfers.ts";
import type { Deps } from "../deps.ts";

/**
 * Lets the table's owner and its readers read the spreadsheet, and takes it from those who are readers
 * no more. Only access that Maestro gave is taken: whom people have let in stays. Whoever is about to be
 * let in is written down before, so that a crash in between leaves nobody who could not be shut out.
 */
export async function shareSpreadsheet(
  deps: Pick<Deps, "db" | "sheets">,
  { tableId, tableRunId }: Pick<ClaimedTransfer, "tableId" | "tableRunId">,
  spreadsheetId: string,
  signal: AbortSignal,
): Promise<void> {
  const context = await readSheetContext(deps.db, tableRunId);
  if (!context) return;
  const { ownerEmail, granted, definition } = context;
  const wanted = new Set(
    [...(ownerEmail === null ? [] : [ownerEmail]), ...(definition.sheetReaders ?? [])].map(
      (email) => email.toLowerCase(),
    ),
  );
  const access = await deps.sheets.listAccess(spreadsheetId, signal);
  const missing = [...wanted].filter((email) => !access.has(email));
  if (missing.length > 0) {
    await storeReaders(deps.db, tableId, [...new Set([...granted, ...missing])]);
  }
  const faults = await grantAll(deps, spreadsheetId, missing, signal);
  const kept: string[] = [];
  for (const email of new Set([...granted, ...missing])) {
    const found = access.get(email);
    if (wanted.has(email)) kept.push(email);
    else if (found?.role === "reader" && !found.isInherited) {
      await deps.sheets.revoke(spreadsheetId, found.permissionId, signal);
    }
  }
  await storeReaders(deps.db, tableId, kept);
  if (faults.length > 0) {
    const text = `the sheet is written, but not all may read it: ${faults.join("; ")}`;
    throw new MaestroError("sheets", text);
  }
}

/** What kept some of them out; the others are let in all the same. */
async function grantAll(
  { sheets }: Pick<Deps, "sheets">,
  spreadsheetId: string,
  emails: string[],
  signal: AbortSignal,
): Promise<string[]> {
  const faults: string[] = [];
  for (const email of emails) {
    try {
      await sheets.grantReading(spreadsheetId, email, signal);
    } catch (error) {
      if (!(error instanceof MaestroError) || error.retryable) throw error;
      faults.push(messageOf(error));
    }
  }
  return faults;
}
