import { describe, expect, test } from "vitest";
import {
  ancestorsOf,
  computePriorities,
  descendantsOf,
  findCycle,
  findCycleThrough,
  longestRemaining,
  topologicalOrder,
} from "../../server/domain/graph.ts";
import type { GraphInput } from "../../server/domain/graph-index.ts";

/** Seeded, so that a failure is the same failure tomorrow. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

/** Ids are neither dense nor in topological order; edges may be doubled. */
function randomGraph(random: () => number, size: number, edgeCount: number): GraphInput {
  const ids = Array.from({ length: size }, (_, at) => ((at * 7919) % size) * 13 + 4);
  const edges: [number, number][] = [];
  for (let at = 0; at < edgeCount; at += 1) {
    const [low, high] = [Math.floor(random() * size), Math.floor(random() * size)].sort(
      (a, b) => a - b,
    );
    const parent = ids[low ?? 0];
    const child = ids[high ?? 0];
    if (parent !== undefined && child !== undefined) edges.push([parent, child]);
  }
  return { ids, edges };
}

function childrenOf(graph: GraphInput): Map<number, Set<number>> {
  const children = new Map(graph.ids.map((id) => [id, new Set<number>()]));
  for (const [parent, child] of graph.edges) if (parent !== child) children.get(parent)?.add(child);
  return children;
}

/** The oracle: a plain search from every table. */
function naiveDescendants(graph: GraphInput, root: number): Set<number> {
  const children = childrenOf(graph);
  const found = new Set<number>();
  const pending = [root];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const child of children.get(id) ?? []) {
      if (!found.has(child)) pending.push(child);
      found.add(child);
    }
  }
  return found;
}

function chain(length: number): GraphInput {
  const ids = Array.from({ length }, (_, at) => at + 1);
  return { ids, edges: ids.slice(1).map((id) => [id - 1, id]) };
}

function levels(count: number, width: number, parentsEach: number): GraphInput {
  const random = randomFrom(count * width);
  const ids = Array.from({ length: count * width }, (_, at) => at + 1);
  const edges: [number, number][] = [];
  for (const id of ids.slice(width)) {
    const above = Math.floor((id - 1) / width - 1) * width;
    for (let at = 0; at < parentsEach; at += 1) {
      edges.push([above + Math.floor(random() * width) + 1, id]);
    }
  }
  return { ids, edges };
}

describe("priorities", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("equal a plain search on random graphs (seed %i)", (seed) => {
    const random = randomFrom(seed);
    for (let round = 0; round < 40; round += 1) {
      const size = 1 + Math.floor(random() * 60);
      const graph = randomGraph(random, size, Math.floor(random() * size * 5));
      const expected = new Map(graph.ids.map((id) => [id, naiveDescendants(graph, id).size]));
      expect(computePriorities(graph)).toEqual(expected);
    }
  });

  test("equal a plain search where the bitsets take over, over more than one block", () => {
    const graph = levels(13, 170, 6);
    const priorities = computePriorities(graph);
    for (const id of graph.ids.filter((id) => id % 37 === 1)) {
      expect(priorities.get(id)).toBe(naiveDescendants(graph, id).size);
    }
  });

  test("of levels in which everything reads everything", () => {
    const width = 60;
    const graph: GraphInput = { ids: levels(20, width, 0).ids, edges: [] };
    for (const id of graph.ids.slice(width)) {
      const above = Math.floor((id - 1) / width - 1) * width;
      for (let at = 1; at <= width; at += 1) graph.edges.push([above + at, id]);
    }
    const priorities = computePriorities(graph);
    expect(priorities.get(1)).toBe(19 * width);
    expect(priorities.get(18 * width + 5)).toBe(width);
    expect(priorities.get(20 * width)).toBe(0);
  });

  test("of a chain of 200,000", () => {
    const priorities = computePriorities(chain(200_000));
    expect(priorities.get(1)).toBe(199_999);
    expect(priorities.get(100_000)).toBe(100_000);
    expect(priorities.get(200_000)).toBe(0);
  });

  test("of one table that 100,000 read", () => {
    const ids = Array.from({ length: 100_001 }, (_, at) => at);
    const priorities = computePriorities({ ids, edges: ids.slice(1).map((id) => [0, id]) });
    expect(priorities.get(0)).toBe(100_000);
    expect(priorities.get(7)).toBe(0);
  });

  test("of a diamond count what is reached twice once", () => {
    const edges: [number, number][] = [
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 4],
      [1, 4],
    ];
    expect([...computePriorities({ ids: [4, 3, 2, 1], edges })]).toEqual([
      [4, 0],
      [3, 1],
      [2, 1],
      [1, 3],
    ]);
  });

  test("take no notice of unknown ids, doubled edges and tables that read themselves", () => {
    const edges: [number, number][] = [
      [1, 2],
      [1, 2],
      [2, 2],
      [99, 1],
      [2, 98],
    ];
    expect([...computePriorities({ ids: [1, 2], edges })]).toEqual([
      [1, 1],
      [2, 0],
    ]);
  });

  test("are answered for ids that no array could hold", () => {
    const far = 9_007_199_254_740_000;
    expect(computePriorities({ ids: [far, 5], edges: [[far, 5]] }).get(far)).toBe(1);
  });

  test("end on a cyclic graph", () => {
    const graph = levels(30, 40, 4);
    graph.edges.push([1200, 1], [600, 2], [3, 3]);
    const priorities = computePriorities(graph);
    expect(priorities.size).toBe(1200);
    expect(Math.max(...priorities.values())).toBeLessThan(1200);
  });

  test("of nothing", () => {
    expect(computePriorities({ ids: [], edges: [] }).size).toBe(0);
  });
});

describe("cycles", () => {
  test("none in random acyclic graphs, and an order with parents first", () => {
    const random = randomFrom(11);
    for (let round = 0; round < 200; round += 1) {
      const graph = randomGraph(random, 1 + Math.floor(random() * 50), Math.floor(random() * 150));
      expect(findCycle(graph)).toBeNull();
      const order = topologicalOrder(graph);
      const rank = new Map(order?.map((id, at) => [id, at]));
      expect(rank.size).toBe(graph.ids.length);
      for (const [parent, child] of graph.edges) {
        if (parent !== child) expect(rank.get(parent)).toBeLessThan(rank.get(child) ?? -1);
      }
    }
  });

  test("are named by a path along real edges", () => {
    const random = randomFrom(12);
    for (let round = 0; round < 200; round += 1) {
      const graph = randomGraph(random, 30, 60);
      const closing = graph.edges[Math.floor(random() * graph.edges.length)];
      if (!closing || closing[0] === closing[1]) continue;
      graph.edges.push([closing[1], closing[0]]);
      for (const cycle of [findCycle(graph), findCycleThrough(graph, closing[0])]) {
        expect(cycle?.length).toBeGreaterThan(2);
        expect(cycle?.[0]).toBe(cycle?.at(-1));
        const children = childrenOf(graph);
        for (const [at, id] of cycle?.slice(1).entries() ?? []) {
          expect(children.get(cycle?.[at] ?? -1)?.has(id)).toBe(true);
        }
      }
      expect(topologicalOrder(graph)).toBeNull();
    }
  });

  test("through one table are the shortest ones, and null where others have the cycle", () => {
    const edges: [number, number][] = [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 2],
      [3, 2],
    ];
    const graph = { ids: [1, 2, 3, 4], edges };
    expect(findCycleThrough(graph, 2)).toEqual([2, 3, 2]);
    expect(findCycleThrough(graph, 4)).toEqual([4, 2, 3, 4]);
    expect(findCycleThrough(graph, 1)).toBeNull();
    expect(findCycleThrough(graph, 77)).toBeNull();
  });

  test("of a chain of 200,000 that is closed", () => {
    const graph = chain(200_000);
    expect(findCycle(graph)).toBeNull();
    graph.edges.push([200_000, 1]);
    expect(findCycle(graph)).toHaveLength(200_001);
    expect(findCycleThrough(graph, 5)).toHaveLength(200_001);
  });

  test("a table that reads itself is none", () => {
    const graph: GraphInput = { ids: [1], edges: [[1, 1]] };
    expect(findCycle(graph)).toBeNull();
    expect(findCycleThrough(graph, 1)).toBeNull();
    expect(topologicalOrder(graph)).toEqual([1]);
  });
});

describe("ancestors and descendants", () => {
  test("equal a plain search, roots left out unless they are reached", () => {
    const random = randomFrom(13);
    for (let round = 0; round < 100; round += 1) {
      const graph = randomGraph(random, 40, 90);
      const backward: GraphInput = {
        ids: graph.ids,
        edges: graph.edges.map(([parent, child]) => [child, parent]),
      };
      const roots = graph.ids.slice(0, 3);
      const union = (of: GraphInput) =>
        new Set(roots.flatMap((id) => [...naiveDescendants(of, id)]));
      expect(descendantsOf(graph, roots)).toEqual(union(graph));
      expect(ancestorsOf(graph, roots)).toEqual(union(backward));
    }
  });

  test("of unknown roots are none", () => {
    expect(descendantsOf({ ids: [1], edges: [] }, [5]).size).toBe(0);
  });
});

describe("longest remaining path", () => {
  test("adds up the slowest way down, the table's own time included, or a guess: the median", () => {
    const edges: [number, number][] = [
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 4],
    ];
    const seconds = new Map([
      [1, 1],
      [2, 10],
      [3, 2.5],
    ]);
    expect([...longestRemaining({ ids: [1, 2, 3, 4], edges }, seconds)]).toEqual([
      [1, 13.5],
      [2, 12.5],
      [3, 5],
      [4, 2.5],
    ]);
    expect(longestRemaining({ ids: [1, 2, 3, 4], edges }, new Map()).get(1)).toBe(3);
  });

  test("of a chain of 200,000, and of a closed one", () => {
    const graph = chain(200_000);
    const seconds = new Map(graph.ids.map((id) => [id, 1]));
    expect(longestRemaining(graph, seconds).get(1)).toBe(200_000);
    graph.edges.push([200_000, 1]);
    expect(longestRemaining(graph, seconds).get(200_000)).toBe(1);
  });
});
