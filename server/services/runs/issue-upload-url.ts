import { randomUUID } from "node:crypto";
import { MaestroError } from "../../../shared/errors.ts";
import type { FileFormat, UploadTarget } from "../../../shared/table.ts";
import { selectWaitingUpload } from "../../db/deliveries.ts";
import { selectTable } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { uploadPrefix } from "./upload-prefix.ts";

export const uploadLifetimeSeconds = 3_600;

const contentTypes: Record<FileFormat, string> = {
  CSV: "text/csv",
  NEWLINE_DELIMITED_JSON: "application/x-ndjson",
  PARQUET: "application/vnd.apache.parquet",
};

/**
 * A signed URL to PUT one file of an external table to, under a name of its own: uploads never
 * overwrite each other. What is uploaded does nothing until `loadExternal` names it.
 */
export async function issueUploadUrl(
  deps: Pick<Deps, "db" | "objectStore" | "clouds" | "now">,
  input: { id: number; fileName: string },
): Promise<UploadTarget> {
  const found = await selectTable(deps.db, input.id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${input.id}`);
  const { dataset, row } = found;
  if (row.kind !== "external") {
    throw new MaestroError("invalidInput", `${dataset}.${row.name} is no external table`);
  }
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(input.fileName)) {
    throw new MaestroError(
      "invalidInput",
      "a file's name has letters, digits, dots, dashes and underscores only",
      { field: "fileName" },
    );
  }
  const objectName = `${uploadPrefix({ dataset, name: row.name })}${randomUUID()}/${input.fileName}`;
  const contentType = input.fileName.endsWith(".gz")
    ? "application/gzip"
    : contentTypes[row.externalFormat];
  const waiting = await selectWaitingUpload(deps.db, input.id);
  const { objectStore } = inCloud(deps, waiting?.cloud ?? null);
  return {
    url: await objectStore.signedWriteUrl(objectName, uploadLifetimeSeconds, contentType),
    objectName,
    contentType,
    expiresAt: new Date(deps.now().getTime() + uploadLifetimeSeconds * 1000).toISOString(),
  };
}
