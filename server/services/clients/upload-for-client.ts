import { randomUUID } from "node:crypto";
import type { FileFormat } from "../../../shared/table.ts";
import type { Deps } from "../deps.ts";
import { uploadLifetimeSeconds } from "../runs/issue-upload-url.ts";
import { uploadPrefix } from "../runs/upload-prefix.ts";

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
  dataset: string;
  name: string;
  externalFormat: FileFormat;
}

/** A signed URL to PUT one file of an external table to. */
export function uploadUrlForClient(
  { objectStore }: Pick<Deps, "objectStore">,
  table: ExternalTable,
): Promise<string> {
  const fileName = `${randomUUID()}.${endings[table.externalFormat]}`;
  const objectName = uploadOfClient(table, fileName);
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
