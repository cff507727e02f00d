import type { GraphInput } from "../../server/domain/graph-index.ts";
import { seededRandom } from "../support/statistics.ts";

/** A catalog's shape: a tenth are sources, the rest read one to three tables, mostly well-known ones. */
export function realisticGraph(size: number): GraphInput {
  const random = seededRandom(size);
  const ids = Array.from({ length: size }, (_, at) => at + 1);
  const edges: [number, number][] = [];
  for (let id = Math.ceil(size / 10) + 1; id <= size; id += 1) {
    for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
      edges.push([1 + Math.floor(random() ** 2 * (id - 1)), id]);
    }
  }
  return { ids, edges };
}

/** `levels` levels of equal width; every table reads `parents` tables of the level above. */
export function denseLevels(levels: number, tables: number, parents: number): GraphInput {
  const random = seededRandom(levels);
  const width = Math.floor(tables / levels);
  const ids = Array.from({ length: levels * width }, (_, at) => at + 1);
  const edges: [number, number][] = [];
  for (const id of ids.slice(width)) {
    const above = (Math.floor((id - 1) / width) - 1) * width + 1;
    for (let count = 0; count < parents; count += 1) {
      edges.push([above + Math.floor(random() * width), id]);
    }
  }
  return { ids, edges };
}

/** The naive way: a search from every table. */
export function countBySearchPerTable(graph: GraphInput): Map<number, number> {
  const children = new Map<number, number[]>();
  for (const [parent, child] of graph.edges) {
    const list = children.get(parent);
    if (list) list.push(child);
    else children.set(parent, [child]);
  }
  return new Map(graph.ids.map((id) => [id, countFrom(id, children)]));
}

function countFrom(id: number, children: Map<number, number[]>): number {
  const seen = new Set<number>();
  const pending = [id];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of children.get(next) ?? []) {
      if (!seen.has(child)) pending.push(child);
      seen.add(child);
    }
  }
  return seen.size;
}
