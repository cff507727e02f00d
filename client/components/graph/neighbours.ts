/** All that lies above and below one node, with itself. */
export function lineOf(id: number, edges: readonly (readonly [number, number])[]): Set<number> {
  return new Set([...reach(id, edges, 0, 1), ...reach(id, edges, 1, 0)]);
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
