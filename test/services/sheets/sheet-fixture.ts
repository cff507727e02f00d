import type { drive_v3 } from "@googleapis/drive";
import type { sheets_v4 } from "@googleapis/sheets";
import { eq } from "drizzle-orm";
import { runs, tableRuns } from "../../../drizzle/schema/runs.ts";
import { tables } from "../../../drizzle/schema/tables.ts";
import { createGoogleClients } from "../../../server/connectors/google-clients.ts";
import { createSheets } from "../../../server/connectors/google-sheets.ts";
import { definitionOf, selectTable } from "../../../server/db/tables.ts";
import type { Deps } from "../../../server/services/deps.ts";
import { runSheet } from "../../../server/services/transfers/run-sheet.ts";
import type { TableDefinitionInput } from "../../../shared/table.ts";
import { openLocalDeps } from "../../flows/local-deps.ts";
import { insertCatalog } from "../../support/catalog.ts";
import { startFaultProxy } from "../../support/fault-proxy.ts";
import { until } from "../../support/until.ts";

export interface VisibleSheet {
  title: string;
  values: unknown[][];
}

export type SheetFixture = Awaited<ReturnType<typeof openSheetFixture>>;

/** Tables in a local cloud, and their sheets, behind a proxy that makes faults. */
export async function openSheetFixture() {
  const local = await openLocalDeps();
  const proxy = await startFaultProxy(local.cloudUrl);
  const account = { projectId: "maestro-local", location: "US" };
  const clients = await createGoogleClients({ ...account, localCloudUrl: local.cloudUrl });
  const faulty = await createGoogleClients({ ...account, localCloudUrl: proxy.url });
  const deps: Deps = {
    ...local.deps,
    sheets: createSheets({ ...faulty, webUrl: local.cloudUrl, folderId: null, random: () => 0 }),
  };
  await deps.warehouse.ensureDataset("d");
  let transferId = 0;

  const claimOf = (tableId: number, tableRunId: number, fence: number) => ({
    id: transferId,
    tableId,
    tableRunId,
    runId: 0,
    kind: "sheet" as const,
    attempt: 1,
    fence,
    cloud: null,
  });

  return {
    deps,
    proxy,
    adminUserId: local.adminUserId,
    url: local.cloudUrl,
    sheets: clients.sheets,
    drive: clients.drive,
    close: async () => {
      await proxy.close();
      await local.close();
    },

    /** A table with these contents, catalogued. */
    async makeTable(name: string, query: string, input: Partial<TableDefinitionInput> = {}) {
      await runQuery(deps, name, query);
      const ids = await insertCatalog(deps.db, [{ name, query, sheet: true, ...input }]);
      return ids.get(name)!;
    },
    refill: (name: string, query: string) => runQuery(deps, name, query),

    /** One transfer: `fences` times, as if all rooms but the last had died without a word. */
    async exportTable(
      tableId: number,
      options: { again?: boolean; fence?: number; signal?: AbortSignal } = {},
    ) {
      if (!options.again) transferId += 1;
      const { row, dataset } = (await selectTable(deps.db, tableId))!;
      const [run] = await deps.db.insert(runs).values({ kind: "manual" }).returning();
      const [tableRun] = await deps.db
        .insert(tableRuns)
        .values({
          runId: run!.id,
          tableId,
          definition: definitionOf(row, dataset),
          state: "running",
          step: "sheet",
        })
        .returning();
      const progress: { rows: number; totalRows: number | null }[] = [];
      const done = await runSheet(deps, {
        claim: claimOf(tableId, tableRun!.id, options.fence ?? 1),
        signal: options.signal ?? new AbortController().signal,
        report: ({ rows, totalRows }) => progress.push({ rows, totalRows }),
      });
      return { ...done, progress };
    },

    async spreadsheetOf(tableId: number): Promise<string> {
      const [row] = await deps.db.select().from(tables).where(eq(tables.id, tableId));
      return row!.spreadsheetId ?? "none";
    },
    read: (id: string) => readVisible(clients.sheets, id),
    allSheets: async (id: string) =>
      (await clients.sheets.spreadsheets.get({ spreadsheetId: id })).data.sheets ?? [],
    readers: (id: string) => readersOf(clients.drive, id),
    files: async () => (await clients.drive.files.list({ q: "trashed=false" })).data.files ?? [],
  };
}

async function runQuery({ warehouse }: Deps, name: string, query: string): Promise<void> {
  const jobId = `make_${name}_${crypto.randomUUID()}`;
  const destinationTable = { projectId: "maestro-local", datasetId: "d", tableId: name };
  const configuration = {
    query: { query, useLegacySql: false, destinationTable, writeDisposition: "WRITE_TRUNCATE" },
  };
  await warehouse.insertJob(jobId, configuration, {});
  await until(`${name} is made`, async () => {
    const job = await warehouse.getJob(jobId);
    if (job?.error) throw new Error(job.error.message);
    return job?.state === "DONE";
  });
}

/** What a reader sees: the sheets that are shown, in order, with their values. */
async function readVisible(client: sheets_v4.Sheets, id: string): Promise<VisibleSheet[]> {
  const { data } = await client.spreadsheets.get({ spreadsheetId: id });
  const visible = (data.sheets ?? []).filter(({ properties }) => !properties?.hidden);
  const { data: values } = await client.spreadsheets.values.batchGetByDataFilter({
    spreadsheetId: id,
    requestBody: {
      dataFilters: visible.map(({ properties }) => ({
        gridRange: { sheetId: properties!.sheetId! },
      })),
      valueRenderOption: "UNFORMATTED_VALUE",
    },
  });
  return visible.map(({ properties }, index) => ({
    title: properties!.title!,
    values: values.valueRanges?.[index]?.valueRange?.values ?? [],
  }));
}

async function readersOf(drive: drive_v3.Drive, fileId: string): Promise<string[]> {
  const fields = "permissions(emailAddress,role)";
  const { data } = await drive.permissions.list({ fileId, fields });
  return (data.permissions ?? []).map(({ emailAddress, role }) => `${emailAddress} ${role}`).sort();
}
