import { MaestroError } from "../../../shared/errors.ts";
import type { StartedRun } from "../../../shared/run.ts";
import type { Db } from "../../db/client.ts";
import { forgetWatermark, selectTable } from "../../db/tables.ts";
import { type Actor, recordChange } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import { startRun } from "./start-run.ts";

/**
 * Imports a table whole: forgets its watermark and runs it, both or neither. The next import that
 * succeeds is the whole one, this run's or, if this one fails, a later one's.
 */
export function reimportTable(
  deps: Pick<Deps, "pool" | "changes" | "log" | "clouds">,
  id: number,
  actor: Actor,
): Promise<StartedRun> {
  const selection = {
    kind: "tables" as const,
    tableIds: [id],
    withAncestors: false,
    withDescendants: false,
  };
  const prepare = (tx: Db) => prepareReimport(tx, id, actor);
  return startRun(deps, selection, actor, { cause: "reimport", prepare });
}

async function prepareReimport(tx: Db, id: number, actor: Actor): Promise<void> {
  const found = await selectTable(tx, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const name = `${found.dataset}.${found.row.name}`;
  if (found.row.kind !== "import") {
    throw new MaestroError("invalidInput", `${name} is no import: run it instead`);
  }
  await forgetWatermark(tx, id);
  await recordChange(tx, actor, {
    action: "table.reimport",
    subjectKind: "table",
    subjectId: id,
    detail: { name, lastId: found.row.lastId },
  });
}
