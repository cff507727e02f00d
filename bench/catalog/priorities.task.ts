import { computePriorities } from "../../server/domain/graph.ts";
import { countBySearchPerTable, denseLevels, realisticGraph } from "./graphs.ts";

export interface PrioritiesInput {
  shape: "realistic" | "dense";
  tables: number;
  way: "ours" | "naive";
}

/** Answers a checksum over all priorities, so that two ways can be held against each other. */
export async function prepare(input: PrioritiesInput): Promise<() => Promise<number>> {
  const graph =
    input.shape === "dense" ? denseLevels(50, input.tables, 10) : realisticGraph(input.tables);
  const compute = input.way === "ours" ? computePriorities : countBySearchPerTable;
  // A daemon computes priorities at every tick: the first call's compilation is not its cost.
  if (input.way === "ours") for (let call = 0; call < 3; call += 1) compute(graph);
  return async () => checksum(compute(graph));
}

function checksum(priorities: Map<number, number>): number {
  let sum = 0;
  for (const [id, priority] of priorities) sum = (sum * 31 + id * 7 + priority) % 1_000_000_007;
  return sum;
}
