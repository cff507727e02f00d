import { MaestroError } from "../../../shared/errors.ts";
import { selectTable } from "../../db/tables.ts";
import type { Actor } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { loadExternal } from "../runs/load-external.ts";
import { uploadOfClient } from "./upload-for-client.ts";

/** Loads the files that a client uploaded. `RunId` is 0 where a run that waited for them takes them. */
export async function loadForClient(
  deps: Deps,
  input: { id: number; fileNames: string[] },
  actor: Actor,
): Promise<{ Id: number; RunId: number }> {
  const found = await selectTable(deps.db, input.id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${input.id}`);
  const table = { dataset: found.dataset, name: found.row.name };
  const objects = input.fileNames.map((name) => uploadOfClient(table, name));
  const { runId } = await loadExternal(deps, { id: input.id, objects }, actor);
  return { Id: input.id, RunId: runId ?? 0 };
}
