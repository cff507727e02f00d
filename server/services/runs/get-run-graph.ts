import type { RunGraph } from "../../../shared/run.ts";
import type { Deps } from "../deps.ts";
import { getRun } from "./get-run.ts";

/** A run's table runs as the nodes of its graph. */
export async function getRunGraph(
  deps: Pick<Deps, "db" | "limits">,
  id: number,
): Promise<RunGraph> {
  const { tableRuns } = await getRun(deps, id);
  return {
    nodes: tableRuns.map(({ id: node, tableId, tableName, state, reason }) => ({
      id: node,
      tableId,
      name: tableName,
      state,
      reason,
    })),
    edges: tableRuns.flatMap(({ id: child, parentIds }) =>
      parentIds.map((parent): [number, number] => [parent, child]),
    ),
  };
}
