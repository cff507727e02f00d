import { MaestroError } from "../../../shared/errors.ts";
import { selectTable } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

/** The table's resource as BigQuery has it. Throws `notFound` where it is not there, or not yet. */
export async function warehouseTableForClient(
  deps: Pick<Deps, "db" | "warehouse">,
  id: number,
): Promise<Record<string, unknown>> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const { dataset, row } = found;
  const resource = await deps.warehouse.describeTable(dataset, row.name);
  if (resource) return resource;
  throw new MaestroError("notFound", `${dataset}.${row.name} is not in BigQuery yet: run it first`);
}
