export const sides = ["both", "ancestors", "descendants"] as const;
export type Side = (typeof sides)[number];

/** All that lies above and below one node, or on one side of it, with itself. */
export function lineOf(
  id: number,
  edges: readonly (readonly [number, number])[],
  side: Side = "both",
): Set<number> {
  return new Set([
    ...(side === "ancestors" ? [id] : reach(id, edges, 0, 1)),
    ...(side === "descendants" ? [] : reach(id, edges, 1, 0)),
  ]);
}

function reach(
  start: number,
  edges: readonly (readonly [number, number])[],
  from: 0 | 1,
  to: 0 | 1,
): Set<number> {
  const next = new Map<number, number[]>();
  for (const edge of edges) {
    const list = next.get(edge[from]);
    if (list === undefined) next.set(edge[from], [edge[to]]);
    else list.push(edge[to]);
  }
  const seen = new Set([start]);
  for (const id of seen) for (const other of next.get(id) ?? []) seen.add(other);
  return seen;
}
