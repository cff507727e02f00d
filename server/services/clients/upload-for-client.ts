import { randomUUID } from "node:crypto";
import type { FileFormat } from "../../../shared/table.ts";
import { selectWaitingUpload } from "../../db/deliveries.ts";
import type { Deps } from "../deps.ts";
import { uploadLifetimeSeconds } from "../runs/issue-upload-url.ts";
import { uploadPrefix } from "../runs/upload-prefix.ts";
import { inCloud } from "../settings/in-cloud.ts";

/*
 * Clients of the HTTP API PUT a file without saying what it is, and name it afterwards by the last part
 * of its URL alone. So that part is unique, and tells the whole name of the object.
 */

const contentType = "application/octet-stream";

const endings: Record<FileFormat, string> = {
  CSV: "csv",
  NEWLINE_DELIMITED_JSON: "json",
  PARQUET: "parquet",
};

interface ExternalTable {
  id: number;
  dataset: string;
  name: string;
  externalFormat: FileFormat;
}

/** A signed URL to PUT one file of an external table to, where a run waits for it if one does. */
export async function uploadUrlForClient(
  deps: Pick<Deps, "db" | "objectStore" | "clouds">,
  table: ExternalTable,
): Promise<string> {
  const fileName = `${randomUUID()}.${endings[table.externalFormat]}`;
  const objectName = uploadOfClient(table, fileName);
  const waiting = await selectWaitingUpload(deps.db, table.id);
  const { objectStore } = inCloud(deps, waiting?.cloud ?? null);
  return objectStore.signedWriteUrl(objectName, uploadLifetimeSeconds, contentType);
}

/** The object that a client means: by the last part of its upload URL, or by its whole name. */
export function uploadOfClient(
  table: Pick<ExternalTable, "dataset" | "name">,
  fileName: string,
): string {
  const prefix = uploadPrefix(table);
  if (fileName.startsWith(prefix)) return fileName;
  return `${prefix}${fileName.replace(/\.[^.]*$/, "")}/${fileName}`;
}
