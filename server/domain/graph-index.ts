/** Tables by id, and which is made from which. Edges go from the table read to the one that reads it. */
export interface GraphInput {
  ids: number[];
  edges: [parent: number, child: number][];
}

/**
 * A graph over positions 0…n-1 as flat integer arrays: the neighbours of position i are
 * targets[offsets[i]] to targets[offsets[i + 1] - 1].
 */
export interface Adjacency {
  offsets: Int32Array;
  targets: Int32Array;
}

export interface IndexedGraph {
  ids: number[];
  /** The position of an id, or -1. */
  positionOf: (id: number) => number;
  /** In the order of the edges given, doubled ones too. */
  children: Adjacency;
}

/** Edges of a table with itself and edges that name unknown ids are left out. */
export function indexGraph(graph: GraphInput): IndexedGraph {
  const { ids, positionOf } = indexIds(graph.ids);
  const from = new Int32Array(graph.edges.length);
  const to = new Int32Array(graph.edges.length);
  let count = 0;
  for (const edge of graph.edges) {
    const parent = positionOf(edge[0]);
    const child = positionOf(edge[1]);
    if (parent < 0 || child < 0 || parent === child) continue;
    from[count] = parent;
    to[count] = child;
    count += 1;
  }
  const children = group(ids.length, from.subarray(0, count), to.subarray(0, count));
  return { ids, positionOf, children };
}

/** Ids of a database are dense: an array answers several times faster than a map. */
function indexIds(given: number[]): { ids: number[]; positionOf: (id: number) => number } {
  let max = 0;
  let isDense = true;
  for (const id of given) {
    if (!Number.isInteger(id) || id < 0) isDense = false;
    if (id > max) max = id;
  }
  if (!isDense || max > 8 * given.length + 65_536) {
    const ids = [...new Set(given)];
    const positions = new Map(ids.map((id, position) => [id, position]));
    return { ids, positionOf: (id) => positions.get(id) ?? -1 };
  }
  const positions = new Int32Array(max + 1).fill(-1);
  const ids: number[] = [];
  for (const id of given) {
    if (positions[id] !== -1) continue;
    positions[id] = ids.length;
    ids.push(id);
  }
  return { ids, positionOf: (id) => positions[id] ?? -1 };
}

/** The neighbours of every key, in the order in which they come. */
function group(size: number, keys: Int32Array, values: Int32Array): Adjacency {
  const offsets = new Int32Array(size + 1);
  for (let at = 0; at < keys.length; at += 1) {
    const slot = (keys[at] ?? 0) + 1;
    offsets[slot] = (offsets[slot] ?? 0) + 1;
  }
  for (let at = 0; at < size; at += 1) {
    offsets[at + 1] = (offsets[at + 1] ?? 0) + (offsets[at] ?? 0);
  }
  const next = offsets.slice(0, size);
  const targets = new Int32Array(keys.length);
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at] ?? 0;
    const slot = next[key] ?? 0;
    targets[slot] = values[at] ?? 0;
    next[key] = slot + 1;
  }
  return { offsets, targets };
}

/** The same edges from their other end; neighbours come out in ascending order. */
export function reverse({ offsets, targets }: Adjacency): Adjacency {
  const size = offsets.length - 1;
  const sources = new Int32Array(targets.length);
  for (let source = 0; source < size; source += 1) {
    sources.fill(source, offsets[source], offsets[source + 1]);
  }
  return group(size, targets, sources);
}

/** Each neighbour once; they must be in ascending order. */
function withoutDoubles({ offsets, targets }: Adjacency): Adjacency {
  const size = offsets.length - 1;
  const kept = new Int32Array(size + 1);
  const once = new Int32Array(targets.length);
  let count = 0;
  for (let source = 0; source < size; source += 1) {
    let last = -1;
    const end = offsets[source + 1] ?? 0;
    for (let at = offsets[source] ?? 0; at < end; at += 1) {
      const target = targets[at] ?? 0;
      if (target !== last) {
        once[count] = target;
        count += 1;
      }
      last = target;
    }
    kept[source + 1] = count;
  }
  return { offsets: kept, targets: once.subarray(0, count) };
}

/**
 * The graph with every position replaced by its rank in an order, without edges that lead back in
 * that order: what is left is acyclic. Neighbours ascend, each once.
 */
export function rankGraph(
  { offsets, targets }: Adjacency,
  order: Int32Array,
): { rank: Int32Array; parents: Adjacency; children: Adjacency } {
  const size = order.length;
  const rank = new Int32Array(size);
  for (let at = 0; at < size; at += 1) rank[order[at] ?? 0] = at;
  const from = new Int32Array(targets.length);
  const to = new Int32Array(targets.length);
  let count = 0;
  for (let parent = 0; parent < size; parent += 1) {
    const position = order[parent] ?? 0;
    const end = offsets[position + 1] ?? 0;
    for (let at = offsets[position] ?? 0; at < end; at += 1) {
      const child = rank[targets[at] ?? 0] ?? 0;
      if (child <= parent) continue;
      from[count] = parent;
      to[count] = child;
      count += 1;
    }
  }
  // Parents come in ascending order, because the loop above goes through them so.
  const all = group(size, to.subarray(0, count), from.subarray(0, count));
  const parents = withoutDoubles(all);
  return { rank, parents, children: reverse(parents) };
}

/**
 * A depth-first walk over the whole graph: an order with parents before their children, as far as
 * no cycle prevents it, and the first cycle met, as the path along its edges with first = last.
 */
export function walkGraph(
  size: number,
  children: Adjacency,
): { order: Int32Array; cycle: number[] | null } {
  const walk: Walk = {
    ...children,
    order: new Int32Array(size),
    free: size,
    state: new Uint8Array(size),
    next: children.offsets.slice(0, size),
    path: new Int32Array(size),
    cycle: null,
  };
  for (let start = 0; start < size; start += 1) {
    if (walk.state[start] === unseen) walkFrom(walk, start);
  }
  return walk;
}

interface Walk extends Adjacency {
  /** Filled from its end: a node comes in once everything below it is in. */
  order: Int32Array;
  free: number;
  state: Uint8Array;
  /** For each node the edge to follow next. */
  next: Int32Array;
  path: Int32Array;
  cycle: number[] | null;
}

const unseen = 0;
const onPath = 1;
const done = 2;

function walkFrom(walk: Walk, start: number): void {
  const { offsets, targets, order, state, next, path } = walk;
  let depth = 0;
  path[0] = start;
  state[start] = onPath;
  while (depth >= 0) {
    const node = path[depth] ?? 0;
    const at = next[node] ?? 0;
    if (at === offsets[node + 1]) {
      state[node] = done;
      walk.free -= 1;
      order[walk.free] = node;
      depth -= 1;
      continue;
    }
    next[node] = at + 1;
    const child = targets[at] ?? 0;
    if (state[child] === unseen) {
      state[child] = onPath;
      depth += 1;
      path[depth] = child;
    } else if (state[child] === onPath) {
      walk.cycle ??= [...path.subarray(path.indexOf(child), depth + 1), child];
    }
  }
}

/** What can be reached from the positions by at least one edge, marked with 1. */
export function reachable(adjacency: Adjacency, roots: Iterable<number>): Uint8Array {
  const { offsets, targets } = adjacency;
  const seen = new Uint8Array(offsets.length - 1);
  const pending = [...roots];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const end = offsets[node + 1] ?? 0;
    for (let at = offsets[node] ?? 0; at < end; at += 1) {
      const target = targets[at] ?? 0;
      if (seen[target] === 1) continue;
      seen[target] = 1;
      pending.push(target);
    }
  }
  return seen;
}
