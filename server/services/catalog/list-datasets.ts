import type { DatasetView } from "../../../shared/table.ts";
import { selectDatasets } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

export function listDatasets(deps: Pick<Deps, "db">): Promise<DatasetView[]> {
  return selectDatasets(deps.db);
}
