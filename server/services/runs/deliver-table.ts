import { MaestroError } from "../../../shared/errors.ts";
import type { StartedRun } from "../../../shared/run.ts";
import { selectTable } from "../../db/tables.ts";
import type { Actor } from "../audit/record-change.ts";
import type { Deps } from "../deps.ts";
import type { Delivery } from "./assemble-table-runs.ts";
import { startRun } from "./start-run.ts";

/** Exports a table as it is in the warehouse, or writes it to its sheet, without running it. */
export async function deliverTable(
  deps: Pick<Deps, "db" | "pool" | "changes" | "log" | "clouds">,
  id: number,
  delivery: Delivery,
  actor: Actor,
): Promise<StartedRun> {
  const found = await selectTable(deps.db, id);
  if (!found) throw new MaestroError("notFound", `there is no table with id ${id}`);
  const name = `${found.dataset}.${found.row.name}`;
  if (delivery === "export" && found.row.exportDatabaseId === null) {
    throw new MaestroError(
      "invalidInput",
      `${name} has no export: choose a database in its definition first`,
      { field: "exportDatabaseId" },
    );
  }
  const selection = {
    kind: "tables" as const,
    tableIds: [id],
    withAncestors: false,
    withDescendants: false,
  };
  return startRun(deps, selection, actor, { cause: delivery, delivery });
}
