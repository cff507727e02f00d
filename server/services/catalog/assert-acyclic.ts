import { MaestroError } from "../../../shared/errors.ts";
import { isOwnAncestor } from "../../db/catalog-edges.ts";
import type { Db } from "../../db/client.ts";
import { idArray } from "../../db/sql-text.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import { findCycleThrough } from "../../domain/graph.ts";
import { loadCatalogGraph } from "./catalog-graph.ts";

/**
 * Throws `cycle`, naming its path, where a table just written in this transaction has become its
 * own ancestor. Call it under the lock of the graph, or two saves could close a cycle together.
 */
export async function assertAcyclic(tx: Db, tableId: number): Promise<void> {
  if (!(await isOwnAncestor(tx, tableId))) return;
  const path = findCycleThrough(await loadCatalogGraph(tx), tableId) ?? [tableId, tableId];
  const names = await namesOf(tx, path);
  throw new MaestroError(
    "cycle",
    `this save would make a cycle: ${names.join(" → ")}. Change the SQL of one of them, or ignore one of these parents (its last version is then read)`,
    { field: "query" },
  );
}

async function namesOf(tx: Db, path: number[]): Promise<string[]> {
  const rows = await selectTableStatuses(tx, idArray(path));
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return path.map((id) => names.get(id) ?? String(id));
}
