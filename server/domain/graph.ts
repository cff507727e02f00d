import { countDescendants } from "./graph-descendants.ts";
import {
  type Adjacency,
  type GraphInput,
  type IndexedGraph,
  indexGraph,
  rankGraph,
  reachable,
  reverse,
  walkGraph,
} from "./graph-index.ts";

// Everything here is iterative, so that a chain of 200,000 tables is no deeper than the stack, and
// ends on cyclic input: edges that close a cycle are then left out of orders, counts and lengths.

/** The number of distinct descendants of every table. */
export function computePriorities(graph: GraphInput): Map<number, number> {
  const { ids, children } = indexGraph(graph);
  const ranked = rankGraph(children, walkGraph(ids.length, children).order);
  const counts = countDescendants(ranked.parents, ranked.children);
  const priorities = new Map<number, number>();
  for (let position = 0; position < ids.length; position += 1) {
    priorities.set(ids[position] ?? 0, counts[ranked.rank[position] ?? 0] ?? 0);
  }
  return priorities;
}

/**
 * For every table the most seconds that any path from it down to a leaf takes, its own included.
 * A table without a known duration is guessed to take as long as the median of the others, and a
 * second where none is known: of two such paths the one over more tables is the longer.
 */
export function longestRemaining(
  graph: GraphInput,
  seconds: ReadonlyMap<number, number>,
): Map<number, number> {
  const guess = medianOf([...seconds.values()]) ?? 1;
  const indexed = indexGraph(graph);
  const { offsets, targets } = indexed.children;
  const { order } = walkGraph(indexed.ids.length, indexed.children);
  const longest = new Float64Array(indexed.ids.length);
  for (const position of order.toReversed()) {
    let below = 0;
    const end = offsets[position + 1] ?? 0;
    for (let at = offsets[position] ?? 0; at < end; at += 1) {
      below = Math.max(below, longest[targets[at] ?? 0] ?? 0);
    }
    longest[position] = below + (seconds.get(indexed.ids[position] ?? -1) ?? guess);
  }
  return new Map(indexed.ids.map((id, position) => [id, longest[position] ?? 0]));
}

/** Of an even number the lower of the two in the middle. */
function medianOf(values: number[]): number | undefined {
  return values.sort((a, b) => a - b)[(values.length - 1) >> 1];
}

/** A cycle as the path along its edges, first = last; null where there is none. */
export function findCycle(graph: GraphInput): number[] | null {
  const indexed = indexGraph(graph);
  return named(indexed, walkGraph(indexed.ids.length, indexed.children).cycle);
}

/**
 * The shortest cycle that goes through one table, first = last = that table, or null. Saving a table
 * can only close a cycle through it, so that the rest of the catalog need not be searched.
 */
export function findCycleThrough(graph: GraphInput, id: number): number[] | null {
  const indexed = indexGraph(graph);
  const start = indexed.positionOf(id);
  if (start < 0) return null;
  const { offsets, targets } = indexed.children;
  const cameFrom = new Int32Array(indexed.ids.length).fill(-1);
  const queue = [start];
  for (const node of queue) {
    const end = offsets[node + 1] ?? 0;
    for (let at = offsets[node] ?? 0; at < end; at += 1) {
      const target = targets[at] ?? 0;
      if (cameFrom[target] !== -1) continue;
      cameFrom[target] = node;
      if (target === start) return named(indexed, pathBack(cameFrom, start));
      queue.push(target);
    }
  }
  return null;
}

function pathBack(cameFrom: Int32Array, start: number): number[] {
  const path = [start];
  let node = start;
  do {
    node = cameFrom[node] ?? start;
    path.push(node);
  } while (node !== start);
  return path.reverse();
}

function named({ ids }: IndexedGraph, positions: number[] | null): number[] | null {
  return positions?.map((position) => ids[position] ?? -1) ?? null;
}

/** All ids, each after its parents; null where a cycle makes that impossible. */
export function topologicalOrder(graph: GraphInput): number[] | null {
  const indexed = indexGraph(graph);
  const { order, cycle } = walkGraph(indexed.ids.length, indexed.children);
  return cycle ? null : Array.from(order, (position) => indexed.ids[position] ?? -1);
}

/** The tables made, over any number of steps, from the roots; a root only if made from a root. */
export function descendantsOf(graph: GraphInput, roots: Iterable<number>): Set<number> {
  const indexed = indexGraph(graph);
  return collect(indexed, indexed.children, roots);
}

/** The tables that the roots are made from, over any number of steps. */
export function ancestorsOf(graph: GraphInput, roots: Iterable<number>): Set<number> {
  const indexed = indexGraph(graph);
  return collect(indexed, reverse(indexed.children), roots);
}

function collect(indexed: IndexedGraph, along: Adjacency, roots: Iterable<number>): Set<number> {
  const starts = [...roots].map(indexed.positionOf).filter((position) => position >= 0);
  const seen = reachable(along, starts);
  return new Set(indexed.ids.filter((_, position) => seen[position] === 1));
}
