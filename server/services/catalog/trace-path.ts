/**
 * The shortest path of at least one edge along `[parent, child]` edges, both ends included; null
 * where there is none. From a table to itself it is a cycle.
 */
export function tracePath(
  edges: Iterable<[parent: number, child: number]>,
  from: number,
  to: number,
): number[] | null {
  const children = new Map<number, number[]>();
  for (const [parent, child] of edges) {
    const known = children.get(parent);
    if (known) known.push(child);
    else children.set(parent, [child]);
  }
  const cameFrom = new Map<number, number>();
  const queue = [from];
  for (let at = 0; at < queue.length; at += 1) {
    const node = queue[at] as number;
    for (const child of children.get(node) ?? []) {
      if (cameFrom.has(child)) continue;
      cameFrom.set(child, node);
      if (child === to) return unwind(cameFrom, from, to);
      queue.push(child);
    }
  }
  return null;
}

function unwind(cameFrom: Map<number, number>, from: number, to: number): number[] {
  const path = [to];
  let node = cameFrom.get(to);
  while (node !== undefined && node !== from) {
    path.push(node);
    node = cameFrom.get(node);
  }
  path.push(from);
  return path.reverse();
}
