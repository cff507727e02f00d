import { MaestroError } from "../../../shared/errors.ts";
import type { RunDetail } from "../../../shared/run.ts";
import { getRun as selectRun } from "../../db/runs.ts";
import type { Deps } from "../deps.ts";

/** A run with its table runs. */
export async function getRun(deps: Pick<Deps, "db">, id: number): Promise<RunDetail> {
  const run = await selectRun(deps.db, id);
  if (!run) throw new MaestroError("notFound", `there is no run ${id}`);
  return run;
}
