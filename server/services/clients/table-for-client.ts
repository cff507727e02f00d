import type { Condition } from "../../../shared/condition.ts";
import { MaestroError } from "../../../shared/errors.ts";
import type { TableStatusView } from "../../../shared/run.ts";
import type { TableStatus } from "../../../shared/table.ts";
import { selectParentIds } from "../../db/catalog-edges.ts";
import { selectExtractJob } from "../../db/deliveries.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import { selectTable, type TableRow } from "../../db/tables.ts";
import { selectEmail } from "../../db/users.ts";
import { splitSelect } from "../../domain/split-select.ts";
import { mayWrite } from "../access/authorize.ts";
import type { SignedIn } from "../access/principal.ts";
import { getStatus } from "../catalog/get-status.ts";
import type { Deps } from "../deps.ts";
import { tableFileUrl } from "../git/table-file-url.ts";
import { getExtract } from "../runs/get-extract.ts";
import { uploadUrlForClient } from "./upload-for-client.ts";

/*
 * Tables as clients of the HTTP API know them: PascalCase, 0 and "" for what a table has not, and the
 * year 1 for what never happened.
 */

const never = "0001-01-01T00:00:00Z";

/** What clients poll. */
export interface ClientStatus {
  Id: number;
  Status: "" | "running" | "error";
  /** Why its newest run failed, was skipped or was cancelled. */
  Error: string;
  LastOkRunEndAt: string;
  /** Of its newest run; 0 where it never ran. */
  TableRunId: number;
}

interface ClientExtract {
  /** Of the extract job. */
  Id: number;
  StartTime: string | null;
  /** Signed, the first file first. */
  URLs: string[];
  /** Why there are none, where there should be. */
  Error?: string;
}

export interface ClientTable extends ClientStatus, ReturnType<typeof settingsOf> {
  Email: string;
  Dataset: string;
  Running: boolean;
  Parents: { Id: number; Dataset: string; Name: string }[];
  /** The page of its file in the repository, whichever host it is at. */
  GithubUrl: string;
  Extracts: ClientExtract;
  /** Of an external table, for those who may write it: where to PUT a file. */
  UploadURL?: string;
  /** Why there is none of those. */
  UploadError?: string;
}

type ClientDeps = Pick<
  Deps,
  "db" | "log" | "limits" | "objectStore" | "clouds" | "now" | "secretBox" | "givenSettings"
>;

export async function statusForClient(
  deps: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<ClientStatus> {
  return toStatus(await getStatus(deps, id));
}

export async function tableForClient(
  deps: ClientDeps,
  id: number,
  principal: SignedIn,
): Promise<ClientTable> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { row, dataset } = found;
  const [status, email, parents, githubUrl, extracts] = await Promise.all([
    statusForClient(deps, id),
    row.ownerId === null ? null : selectEmail(deps.db, row.ownerId),
    parentsOf(deps, id),
    tableFileUrl(deps, id),
    extractsOf(deps, id).catch((error: unknown) => {
      return { Id: 0, StartTime: null, URLs: [], Error: lastingFault(deps, id, error) };
    }),
  ]);
  const isUploadable = row.kind === "external" && mayWrite(principal, row.groupId);
  return {
    ...settingsOf(row),
    ...status,
    Email: email ?? "",
    Dataset: dataset,
    Running: status.Status === "running",
    Parents: parents,
    GithubUrl: githubUrl ?? "",
    Extracts: extracts,
    ...(isUploadable ? await uploadOf(deps, { ...row, dataset }) : {}),
  };
}

const words: Partial<Record<TableStatus, ClientStatus["Status"]>> = {
  running: "running",
  failed: "error",
  skipped: "error",
  cancelled: "error",
};

function toStatus({ id, status, reason, lastOkAt, tableRunId }: TableStatusView): ClientStatus {
  const word = words[status] ?? "";
  return {
    Id: id,
    Status: word,
    Error: word === "error" ? (reason ?? `its last run was ${status}`) : "",
    LastOkRunEndAt: lastOkAt ?? never,
    TableRunId: tableRunId ?? 0,
  };
}

/** What a user decided, and what Maestro keeps beside it. */
function settingsOf(row: TableRow) {
  const isExternal = row.kind === "external";
  return {
    UserId: row.ownerId ?? 0,
    GroupId: row.groupId ?? 0,
    Name: row.name,
    DatasetId: row.datasetId,
    Query: row.query,
    Disposition: row.disposition === "append" ? "WRITE_APPEND" : "WRITE_TRUNCATE",
    Partitioned: row.partitioning !== null,
    LegacySQL: row.legacySql,
    Description: row.description,
    Extract: row.extract,
    NotifyExtractUrl: row.notifyUrls[0] ?? "",
    SheetsExtract: row.sheet,
    SheetId: row.spreadsheetId ?? "",
    ExportDbId: row.exportDatabaseId ?? 0,
    ExportTableName: row.exportTable,
    FreqId: row.frequencyId ?? 0,
    Conditions: row.conditions satisfies Condition[],
    // That it is above 0 tells clients that a table is external.
    ExternalTmout: isExternal ? row.externalTimeoutSeconds : 0,
    ExternalFormat: isExternal ? row.externalFormat : "",
    ImportDbId: row.importDatabaseId ?? 0,
    ImportedAt: row.importedAt?.toISOString() ?? never,
    ImportSelect: importSelectOf(row),
    IdColumn: row.idColumn ?? "",
    ReimportCond: row.reimportConditions satisfies Condition[],
    LastId: row.lastId ?? "",
    CreatedAt: row.createdAt.toISOString(),
    DeletedAt: never,
  };
}

function importSelectOf({ kind, query, importTable }: TableRow) {
  const isWritten = kind === "import" && query.trim() !== "";
  const whole = { select: importTable === "" ? "" : "*", from: importTable, where: "", limit: "" };
  const { select, from, where, limit } = isWritten ? splitSelect(query) : whole;
  // No import has an order.
  return { Select: select, From: from, Where: where, Limit: limit, OrderBy: "" };
}

async function parentsOf({ db }: Pick<Deps, "db">, id: number): Promise<ClientTable["Parents"]> {
  const ids = await selectParentIds(db, id);
  if (ids.length === 0) return [];
  const parents = await selectTableStatuses(db, idArray(ids));
  return parents.map((parent) => {
    const [dataset = "", name = ""] = parent.name.split(".");
    return { Id: parent.id, Dataset: dataset, Name: name };
  });
}

async function uploadOf(
  deps: ClientDeps,
  table: Parameters<typeof uploadUrlForClient>[1],
): Promise<Pick<ClientTable, "UploadURL" | "UploadError">> {
  try {
    return { UploadURL: await uploadUrlForClient(deps, table) };
  } catch (error) {
    return { UploadError: lastingFault(deps, table.id, error) };
  }
}

/** What a bucket refuses hides nothing else of the table; what passes is thrown, since clients ask again. */
function lastingFault({ log }: ClientDeps, tableId: number, error: unknown): string {
  const isLasting = error instanceof MaestroError && !error.retryable && error.code !== "notFound";
  if (!isLasting) throw error;
  log.warn({ tableId, err: error }, "a client was told of a table without its URLs");
  return error.message;
}

async function extractsOf(deps: ClientDeps, id: number): Promise<ClientExtract> {
  const extract = await getExtract(deps, id);
  if (!extract) return { Id: 0, StartTime: null, URLs: [] };
  const job = await selectExtractJob(deps.db, extract.tableRunId);
  const startedAt = job?.startedAt?.toISOString() ?? extract.at;
  return { Id: job?.id ?? 0, StartTime: startedAt, URLs: extract.files.map(({ url }) => url) };
}
