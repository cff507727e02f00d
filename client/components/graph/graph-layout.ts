import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from "@dagrejs/dagre";

export interface GraphShape {
  ids: number[];
  edges: [parentId: number, childId: number][];
}

/** Centres of nodes and the bends of edges, in the graph's own units. */
export interface GraphLayout {
  width: number;
  height: number;
  nodes: { id: number; x: number; y: number }[];
  edges: { parentId: number; childId: number; points: [x: number, y: number][] }[];
}

export const nodeWidth = 196;
export const nodeHeight = 44;
const rankGap = 54;
const nodeGap = 14;

/** Above this, dagre takes minutes; layers by barycentre take milliseconds and look nearly as good. */
const mostForDagre = 1200;

/** Lays a graph out from left (parents) to right (children). Edges to absent nodes are left out. */
export function layoutGraph(shape: GraphShape): GraphLayout {
  const known = new Set(shape.ids);
  const edges = shape.edges.filter(
    ([parent, child]) => parent !== child && known.has(parent) && known.has(child),
  );
  return shape.ids.length > mostForDagre
    ? layoutLayers(shape.ids, edges)
    : layoutWithDagre(shape.ids, edges);
}

function layoutWithDagre(ids: number[], edges: GraphShape["edges"]): GraphLayout {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({ rankdir: "LR", ranksep: rankGap, nodesep: nodeGap, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(String(id), { width: nodeWidth, height: nodeHeight });
  for (const [parent, child] of edges) graph.setEdge(String(parent), String(child), {});
  layout(graph);
  const size = graph.graph();
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    nodes: ids.map((id) => {
      const node = graph.node(String(id));
      return { id, x: node.x ?? 0, y: node.y ?? 0 };
    }),
    edges: edges.map(([parentId, childId]) => ({
      parentId,
      childId,
      points: routeOf(graph, String(parentId), String(childId)),
    })),
  };
}

/** Dagre's bends, from the middle of the parent's right side to the middle of the child's left. */
function routeOf(
  graph: Graph<GraphLabel, NodeLabel, EdgeLabel>,
  parent: string,
  child: string,
): [number, number][] {
  const from = graph.node(parent);
  const to = graph.node(child);
  const bends = (graph.edge(parent, child).points ?? []).slice(1, -1);
  // The one bend of an edge between neighbouring ranks only makes its curve wobble.
  return [
    [(from.x ?? 0) + nodeWidth / 2, from.y ?? 0],
    ...(bends.length > 1 ? bends.map((point): [number, number] => [point.x, point.y]) : []),
    [(to.x ?? 0) - nodeWidth / 2, to.y ?? 0],
  ];
}

/**
 * Columns by longest path from the roots, each ordered by the mean place of its parents. A long
 * column is broken into several, so that the whole stays about as wide as it is high.
 */
function layoutLayers(ids: number[], edges: GraphShape["edges"]): GraphLayout {
  const parents = new Map<number, number[]>(ids.map((id) => [id, []]));
  for (const [parent, child] of edges) parents.get(child)?.push(parent);
  const ranks = rankNodes(ids, edges);
  const columns: number[][] = [];
  for (const id of ids) {
    const rank = ranks.get(id) ?? 0;
    columns[rank] ??= [];
    columns[rank].push(id);
  }
  const rows = new Map<number, number>();
  const nodes: GraphLayout["nodes"] = [];
  const tallest = Math.ceil(Math.sqrt(ids.length) * 1.5);
  let left = 24;
  for (const column of columns) {
    const wish = new Map(column.map((id) => [id, meanRow(parents.get(id) ?? [], rows)]));
    column.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0) || a - b);
    const breadth = Math.ceil(column.length / tallest);
    const tall = Math.ceil(column.length / breadth);
    column.forEach((id, index) => {
      rows.set(id, (index / column.length) * tallest);
      nodes.push({
        id,
        x: left + nodeWidth / 2 + Math.floor(index / tall) * (nodeWidth + nodeGap),
        y: 24 + nodeHeight / 2 + (index % tall) * (nodeHeight + nodeGap),
      });
    });
    left += breadth * (nodeWidth + nodeGap) + rankGap * 2;
  }
  const at = new Map(nodes.map((node) => [node.id, node]));
  return {
    width: left,
    height: 48 + tallest * (nodeHeight + nodeGap),
    nodes,
    edges: edges.map(([parentId, childId]) => {
      const from = at.get(parentId) ?? { x: 0, y: 0 };
      const to = at.get(childId) ?? { x: 0, y: 0 };
      return {
        parentId,
        childId,
        points: [
          [from.x + nodeWidth / 2, from.y],
          [to.x - nodeWidth / 2, to.y],
        ],
      };
    }),
  };
}

function meanRow(parents: number[], rows: Map<number, number>): number {
  if (parents.length === 0) return 0;
  return parents.reduce((sum, parent) => sum + (rows.get(parent) ?? 0), 0) / parents.length;
}

/** Longest path from a root. A node on a cycle, which a catalog never has, keeps rank 0. */
function rankNodes(ids: number[], edges: GraphShape["edges"]): Map<number, number> {
  const children = new Map<number, number[]>(ids.map((id) => [id, []]));
  const waiting = new Map<number, number>(ids.map((id) => [id, 0]));
  for (const [parent, child] of edges) {
    children.get(parent)?.push(child);
    waiting.set(child, (waiting.get(child) ?? 0) + 1);
  }
  const ranks = new Map<number, number>();
  const queue = ids.filter((id) => waiting.get(id) === 0);
  for (const id of queue) {
    const rank = ranks.get(id) ?? 0;
    for (const child of children.get(id) ?? []) {
      ranks.set(child, Math.max(ranks.get(child) ?? 0, rank + 1));
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) queue.push(child);
    }
  }
  return ranks;
}
