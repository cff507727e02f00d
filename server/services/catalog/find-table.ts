import { MaestroError } from "../../../shared/errors.ts";
import { selectTableId } from "../../db/tables.ts";
import type { Deps } from "../deps.ts";

/** The id of the table called `dataset.name`. */
export async function findTable(deps: Pick<Deps, "db">, name: string): Promise<number> {
  const [dataset, table, ...rest] = name.split(".");
  if (!dataset || !table || rest.length > 0) {
    throw new MaestroError("invalidInput", `${name} is no table's name: write dataset.name`, {
      field: "name",
    });
  }
  const id = await selectTableId(deps.db, dataset, table);
  if (id === null) throw new MaestroError("notFound", `there is no table called ${name}`);
  return id;
}
