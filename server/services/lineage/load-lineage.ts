import { MaestroError } from "../../../shared/errors.ts";
import type { LineageGraph } from "../../../shared/lineage.ts";
import { selectEdges } from "../../db/catalog-edges.ts";
import { selectTableStatuses } from "../../db/table-list.ts";
import { ancestorsOf, descendantsOf } from "../../domain/graph.ts";
import type { Deps } from "../deps.ts";

/** The catalog as a graph, or of one table: its ancestors, itself and its descendants. */
export async function loadLineage(deps: Pick<Deps, "db">, tableId?: number): Promise<LineageGraph> {
  const [rows, edges] = await Promise.all([selectTableStatuses(deps.db), selectEdges(deps.db)]);
  const nodes = rows.map(({ id, name, kind, status, frequencyId }) => ({
    id,
    name,
    kind,
    status,
    frequencyId,
  }));
  if (tableId === undefined) return { nodes, edges };
  if (!nodes.some(({ id }) => id === tableId)) {
    throw new MaestroError("notFound", `there is no table with id ${tableId}`);
  }
  const graph = { ids: nodes.map(({ id }) => id), edges };
  const related = new Set([
    ...ancestorsOf(graph, [tableId]),
    tableId,
    ...descendantsOf(graph, [tableId]),
  ]);
  return {
    nodes: nodes.filter(({ id }) => related.has(id)),
    edges: edges.filter(([parent, child]) => related.has(parent) && related.has(child)),
  };
}
