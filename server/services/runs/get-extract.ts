import { MaestroError } from "../../../shared/errors.ts";
import type { TableExtract } from "../../../shared/table.ts";
import { selectNewestExtract } from "../../db/deliveries.ts";
import { selectTable } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";

/**
 * The files of the newest extract, with URLs signed now; null where there never was one. Files that are
 * gone from the bucket, by a rule of its own or by hand, get no URL and are counted.
 */
export async function getExtract(
  deps: Pick<Deps, "db" | "objectStore" | "clouds" | "limits" | "now">,
  tableId: number,
): Promise<TableExtract | null> {
  if (!(await selectTable(deps.db, tableId))) {
    throw new MaestroError("notFound", `there is no table with id ${tableId}`);
  }
  const newest = await selectNewestExtract(deps.db, tableId);
  if (!newest) return null;
  const { objectStore } = inCloud(deps, newest.cloud);
  const { signedUrlSeconds } = deps.limits;
  const stored = await listFolders(objectStore, newest.objects);
  const files = await Promise.all(
    newest.objects.map(async (name) => ({
      name,
      bytes: stored.get(name),
      url: await objectStore.signedReadUrl(name, signedUrlSeconds),
    })),
  );
  const present = files.flatMap(({ bytes, ...file }) =>
    bytes === undefined ? [] : [{ ...file, bytes }],
  );
  return {
    runId: newest.runId,
    tableRunId: newest.tableRunId,
    at: newest.at.toISOString(),
    expiresAt: new Date(deps.now().getTime() + signedUrlSeconds * 1000).toISOString(),
    files: present,
    missingFiles: files.length - present.length,
  };
}

/** Sizes by name, of all that lies beside these objects. */
async function listFolders(
  objectStore: Deps["objectStore"],
  objects: string[],
): Promise<Map<string, number>> {
  const folders = new Set(objects.map((name) => name.slice(0, name.lastIndexOf("/") + 1)));
  const lists = await Promise.all([...folders].map((folder) => objectStore.list(folder)));
  return new Map(lists.flat().map(({ name, bytes }) => [name, bytes]));
}
