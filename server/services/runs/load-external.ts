import { MaestroError } from "../../../shared/errors.ts";
import { selectWaitingUpload } from "../../db/deliveries.ts";
import { selectTable } from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { inCloud } from "../settings/in-cloud.ts";
import { deliverUpload } from "./deliver-upload.ts";
import { startRun } from "./start-run.ts";
import { uploadPrefix } from "./upload-prefix.ts";

/**
 * Loads uploaded files into their external table: hands them to the table run that waits for them
 * (`runId` is then null), or starts a run of the table with them. Only files that were uploaded for
 * this very table are taken, because what is loaded is deleted from the bucket after it.
 */
export async function loadExternal(
  deps: Deps,
  input: { id: number; objects: string[] },
  actor: Actor,
): Promise<{ runId: number | null }> {
  const found = await selectTable(deps.db, input.id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${input.id}`);
  const { dataset, row } = found;
  if (row.kind !== "external") {
    throw new MaestroError("invalidInput", `${dataset}.${row.name} is no external table`);
  }
  const objects = [...new Set(input.objects)];
  // Where it is waited for: what was set since is for runs to come.
  const waiting = await selectWaitingUpload(deps.db, input.id);
  const cloud = waiting?.cloud ?? deps.clouds.current();
  const there = inCloud(deps, cloud);
  await assertUploaded(there, uploadPrefix({ dataset, name: row.name }), objects);
  await recordChange(deps.db, actor, {
    action: "table.loadExternal",
    subjectKind: "table",
    subjectId: input.id,
    detail: { name: `${dataset}.${row.name}`, objects },
  });
  if (waiting && (await deliver(deps, waiting.id, objects))) return { runId: null };
  const selection = {
    kind: "tables" as const,
    tableIds: [input.id],
    withAncestors: false,
    withDescendants: false,
  };
  const stagedObjects = new Map([[input.id, objects]]);
  const options = { cause: "upload", stagedObjects, cloud } as const;
  const { runId } = await startRun(deps, selection, actor, options);
  return { runId };
}

async function assertUploaded(
  deps: Pick<Deps, "objectStore">,
  prefix: string,
  objects: string[],
): Promise<void> {
  const listed = await deps.objectStore.list(prefix);
  const uploaded = new Map(listed.map(({ name, bytes }) => [name, bytes]));
  const refuse = (message: string) => {
    throw new MaestroError("invalidInput", message, { field: "objects" });
  };
  if (objects.length === 0) refuse("name the uploaded objects, one at least");
  for (const name of objects) {
    const bytes = uploaded.get(name);
    if (bytes === undefined) {
      refuse(
        `${name} was not uploaded for this table: upload it to the URL of tables.uploadUrl first`,
      );
    }
    if (bytes === 0) refuse(`${name} is empty: upload the file again, and name it again`);
  }
}

/** False where another delivery was quicker. */
async function deliver(deps: Deps, tableRunId: number, objects: string[]): Promise<boolean> {
  try {
    await deliverUpload(deps, tableRunId, objects);
    return true;
  } catch (error) {
    if (error instanceof MaestroError && error.code === "conflict") return false;
    throw error;
  }
}
