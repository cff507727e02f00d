import { eq, sql } from "drizzle-orm";
import { tableRuns } from "../../drizzle/schema/runs.ts";
import { tables } from "../../drizzle/schema/tables.ts";
import { users } from "../../drizzle/schema/users.ts";
import type { TableDefinition } from "../../shared/table.ts";
import type { Db } from "./client.ts";

/** All that a sheet's export reads before it starts. */
export interface SheetContext {
  definition: TableDefinition;
  spreadsheetId: string | null;
  ownerEmail: string | null;
  /** Whom Maestro has let read the spreadsheet, or was about to. */
  granted: string[];
}

/** The definition is the table run's; owner and spreadsheet are the table's, now. */
export async function readSheetContext(db: Db, tableRunId: number): Promise<SheetContext | null> {
  const [row] = await db
    .select({
      definition: tableRuns.definition,
      spreadsheetId: tables.spreadsheetId,
      ownerEmail: users.email,
      granted: tables.spreadsheetReaders,
    })
    .from(tableRuns)
    .innerJoin(tables, eq(tables.id, tableRuns.tableId))
    .leftJoin(users, eq(users.id, tables.ownerId))
    .where(eq(tableRuns.id, tableRunId));
  return row ?? null;
}

/** Another spreadsheet has readers of its own. */
export async function storeSpreadsheet(db: Db, tableId: number, id: string): Promise<void> {
  const isSame = sql`${tables.spreadsheetId} is not distinct from ${id}`;
  await db
    .update(tables)
    .set({
      spreadsheetId: id,
      spreadsheetReaders: sql`case when ${isSame} then ${tables.spreadsheetReaders} else '{}' end`,
    })
    .where(eq(tables.id, tableId));
}

export async function storeReaders(db: Db, tableId: number, emails: string[]): Promise<void> {
  await db.update(tables).set({ spreadsheetReaders: emails }).where(eq(tables.id, tableId));
}
