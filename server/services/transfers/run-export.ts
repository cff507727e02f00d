import { join } from "node:path";
import { MaestroError } from "../../../shared/errors.ts";
import { exportRows } from "../../connectors/export-rows.ts";
import type { ExportDone, ExportWork } from "../../connectors/export-work.ts";
import { openStagedRows } from "../../connectors/staged-rows.ts";
import {
  describeTooLarge,
  type StagedSize,
  stagedSizes,
  TooLargeError,
} from "../../connectors/staged-size.ts";
import { withStagingDirectory } from "../../connectors/staging-directory.ts";
import { type ExportContext, readExportContext } from "../../db/export-context.ts";
import { renewLease } from "../../db/transfers.ts";
import { parseDatabaseTable } from "../../domain/database-table.ts";
import { formatOfStagedFiles } from "../../domain/export-format.ts";
import { retryTransient } from "../../support/retry.ts";
import { databaseAddress } from "../databases/database-address.ts";
import type { Deps } from "../deps.ts";
import { type Pace, paceTransfer } from "./pace-transfer.ts";
import { nameOf, readWarehouseTable } from "./read-warehouse-table.ts";
import { tellStatement } from "./tell-statement.ts";
import type { Done, Progress, Work } from "./transfer-work.ts";

const filesAtOnce = 4;
const retries = 4;

/**
 * A table to a table of a PostgreSQL or MySQL.
 *
 *   stage     BigQuery has written the table to the bucket, by an extract job
 *   fetch     its files come to this machine, checked against their checksums
 *   write     rows are made of them, which the database reads (export-rows.ts), and all of it becomes
 *             visible in one step
 *
 * A crash at any point is another room's beginning anew, under another fence: it ends what the dead one
 * has still open in the database, and what was committed is not committed twice.
 */
export async function runExport(deps: Deps, work: Work): Promise<Done> {
  const context = await readExportContext(deps.db, work.claim.tableRunId);
  const { database } = context ?? {};
  if (!context || !database) {
    throw new MaestroError("notFound", "the database that it is exported to is gone");
  }
  if (!database.mayExport) {
    throw new MaestroError("forbidden", `${database.name} may not be exported to: ask an admin`);
  }
  const table = await readWarehouseTable(deps, context.definition, work.signal);
  checkSize(deps, context, table);
  const address = databaseAddress(deps, database);
  const pace = paceTransfer(deps, database.id, work.signal);
  const write = (size: StagedSize) =>
    withStagingDirectory(async (directory) => {
      const paths = await fetchFiles(deps, work, context, directory);
      const format = formatOfStagedFiles(paths);
      if (!format) throw new MaestroError("internal", `${paths} are of no one format`);
      const { schema: fields } = table;
      const rows = await openStagedRows({ format, paths, fields, directory, size });
      try {
        const totalRows = rows.rowCount ?? table.rowCount;
        checkSize(deps, context, { rowCount: totalRows, bytes: 0 });
        const plan = describeWork(deps, work, context, { totalRows, pace });
        return await exportRows(address, { ...plan, rows, fields });
      } finally {
        await rows.close();
      }
    });
  try {
    const [size, largest] = stagedSizes(table.schema);
    const done = await write(size).catch((error: unknown) => {
      if (error instanceof TooLargeError) return write(largest);
      throw error;
    });
    return await finish(deps, work, context, done);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    throw describeTooLarge(error, table.schema);
  } finally {
    await pace.end();
  }
}

function checkSize(
  { limits }: Pick<Deps, "limits">,
  { definition }: ExportContext,
  { rowCount, bytes }: { rowCount: number; bytes: number },
): void {
  const { exportMaxRows, exportMaxBytes } = limits;
  const over = (what: string, has: number, may: number, setting: string) =>
    new MaestroError(
      "invalidInput",
      `${nameOf(definition)} has ${has} ${what}, and ${may} are exported at most: export a smaller table, or raise ${setting}`,
      { field: "exportDatabaseId" },
    );
  if (rowCount > exportMaxRows) {
    throw over("rows", rowCount, exportMaxRows, "MAESTRO_EXPORT_MAX_ROWS");
  }
  if (bytes > exportMaxBytes)
    throw over("bytes", bytes, exportMaxBytes, "MAESTRO_EXPORT_MAX_BYTES");
}

async function fetchFiles(
  { objectStore, random }: Pick<Deps, "objectStore" | "random">,
  { signal }: Work,
  { stagedPrefix, definition }: ExportContext,
  directory: string,
): Promise<string[]> {
  const names = (await objectStore.list(stagedPrefix)).map(({ name }) => name);
  if (names.length === 0) {
    throw new MaestroError(
      "storage",
      `the staged files of ${nameOf(definition)} are gone from ${stagedPrefix}: run its export again`,
    );
  }
  const paths: string[] = [];
  for (let at = 0; at < names.length; at += filesAtOnce) {
    const fetched = names.slice(at, at + filesAtOnce).map(async (name, i) => {
      const ending = name.slice(name.indexOf(".", name.lastIndexOf("/")));
      // Another name for each try: a download never writes over what is there.
      let tries = 0;
      const fetch = async () => {
        tries += 1;
        const path = join(directory, `${at + i}-${tries}${ending}`);
        await objectStore.download(name, path, { signal });
        return path;
      };
      return retryTransient(fetch, { retries, random, signal });
    });
    paths.push(...(await Promise.all(fetched)));
  }
  return paths;
}

function describeWork(
  deps: Deps,
  work: Work,
  { definition }: ExportContext,
  { totalRows, pace }: { totalRows: number; pace: Pace },
): Omit<ExportWork, "rows" | "fields"> {
  const { claim, signal } = work;
  let progress: Progress = { rows: 0, bytes: 0, totalRows };
  const exporter = `${deps.instanceId}_${claim.tableId}`
    .replaceAll(/[^A-Za-z0-9_]/g, "")
    .slice(-24);
  return {
    table: parseDatabaseTable(definition.exportTable) ?? { schema: null, name: definition.name },
    mode: definition.exportMode ?? "replace",
    keys: definition.exportKeys ?? [],
    claim: { exporter, tableRunId: claim.tableRunId, fence: claim.fence },
    description: definition.description,
    through: () => [pace.through()],
    signal,
    report(now) {
      progress = { ...now, totalRows };
      work.report(progress);
    },
    async confirm() {
      signal.throwIfAborted();
      // While PostgreSQL is away no other room claims; one that has claimed has ended our session.
      const answer = await renewLease(deps.db, claim, progress).catch(() => "held" as const);
      if (answer === "held") return;
      throw new MaestroError(
        "cancelled",
        "the export was cancelled, or another room has it by now",
      );
    },
  };
}

async function finish(
  deps: Deps,
  { claim }: Work,
  { definition, database }: ExportContext,
  done: ExportDone,
): Promise<Done> {
  for (const note of done.notes) deps.log.info({ transfer: claim.id }, `export: ${note}`);
  await tellStatement(deps, claim, done.statement);
  const name = definition.exportTable.trim() === "" ? definition.name : definition.exportTable;
  const target = `${database?.name ?? ""}: ${name}`;
  return { result: { rows: done.rows, target }, bytes: done.bytes };
}
