import { type GraphLayout, nodeHeight, nodeWidth } from "./graph-layout.ts";

/** What is drawn, and in what light. */
export interface Picture {
  layout: GraphLayout;
  /** Ids of the nodes whose edges stand out; null where none do. */
  line: ReadonlySet<number> | null;
  /** The critical path: the edges from each to the next are marked. */
  path: readonly number[];
  /** Of each node, drawn as a box; null where all boxes are links of the document. */
  stateOf: ((id: number) => string) | null;
  /** Boxes stand for their states; nearer, they only hold the place of links. */
  isFar: boolean;
}

/** A part of the graph's world, and how large it is drawn. */
export interface Sight {
  left: number;
  top: number;
  right: number;
  bottom: number;
  scale: number;
}

type Colors = (token: `--${string}`) => string;

const fills: Record<string, `--${string}`> = {
  succeeded: "--ok-fill",
  failed: "--bad-fill",
  running: "--busy-fill",
  waiting: "--warn-fill",
  ready: "--warn-fill",
};

/** Draws what is in sight; the context's place and scale are set to the world's. */
export function paintGraph(
  context: CanvasRenderingContext2D,
  picture: Picture,
  sight: Sight,
  colors: Colors,
): void {
  const { layout, line, path, stateOf } = picture;
  const critical = new Set(path.slice(1).map((id, at) => `${path[at]} ${id}`));
  const plain = new Path2D();
  const focused = new Path2D();
  const marked = new Path2D();
  for (const edge of layout.edges) {
    if (!isSeen(edge.points, sight)) continue;
    const isFocused = line?.has(edge.parentId) === true && line.has(edge.childId);
    traceEdge(isFocused ? focused : plain, edge.points);
    if (critical.has(`${edge.parentId} ${edge.childId}`)) traceEdge(marked, edge.points);
  }
  // From afar a line of its own width could not be seen.
  const width = Math.max(1.4, 0.5 / sight.scale);
  const stroke = (edges: Path2D, token: `--${string}`, thickness: number, alpha: number) => {
    context.globalAlpha = alpha;
    context.strokeStyle = colors(token);
    context.lineWidth = thickness;
    context.stroke(edges);
    context.globalAlpha = 1;
  };
  stroke(plain, "--ink-3", width, line === null ? 0.55 : 0.25);
  stroke(marked, "--accent", width * 2, 0.55);
  stroke(focused, "--accent", width * 1.4, 1);
  if (stateOf && picture.isFar) paintBoxes(context, picture, sight, colors);
  else if (stateOf) paintPlaces(context, layout, sight, colors);
}

/** Where links are, or come once the movement rests. */
function paintPlaces(
  context: CanvasRenderingContext2D,
  layout: GraphLayout,
  sight: Sight,
  colors: Colors,
): void {
  const places = new Path2D();
  for (const node of layout.nodes) {
    if (isBoxSeen(node, sight)) {
      places.rect(node.x - nodeWidth / 2, node.y - nodeHeight / 2, nodeWidth, nodeHeight);
    }
  }
  context.fillStyle = colors("--surface");
  context.fill(places);
  context.strokeStyle = colors("--line-strong");
  context.lineWidth = 1;
  context.stroke(places);
}

function isBoxSeen({ x, y }: { x: number; y: number }, sight: Sight): boolean {
  const [width, height] = [nodeWidth / 2, nodeHeight / 2];
  const isBeside = x + width < sight.left || x - width > sight.right;
  return !isBeside && y + height >= sight.top && y - height <= sight.bottom;
}

/** One path per state instead of a box per table: from afar no name could be read. */
function paintBoxes(
  context: CanvasRenderingContext2D,
  { layout, line, path, stateOf }: Picture,
  sight: Sight,
  colors: Colors,
): void {
  const boxes = new Map<string, Path2D>();
  const marked = new Path2D();
  const onPath = new Set(path);
  for (const { id, x, y } of layout.nodes) {
    if (!isBoxSeen({ x, y }, sight)) continue;
    const [left, top] = [x - nodeWidth / 2, y - nodeHeight / 2];
    const key = `${stateOf?.(id) ?? ""}${line?.has(id) === false ? " dim" : ""}`;
    const box = boxes.get(key) ?? new Path2D();
    boxes.set(key, box);
    box.rect(left, top, nodeWidth, nodeHeight);
    if (onPath.has(id)) marked.rect(left - 4, top - 4, nodeWidth + 8, nodeHeight + 8);
  }
  for (const [key, box] of boxes) {
    const [state = "", dim] = key.split(" ");
    context.globalAlpha = dim ? 0.28 : 1;
    context.fillStyle = colors(fills[state] ?? "--idle-fill");
    context.fill(box);
  }
  context.globalAlpha = 1;
  context.strokeStyle = colors("--accent");
  context.lineWidth = Math.max(4, 1.5 / sight.scale);
  context.stroke(marked);
}

/** By its ends and bends: curves stay between them. */
function isSeen(points: GraphLayout["edges"][number]["points"], sight: Sight): boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return left <= sight.right && right >= sight.left && top <= sight.bottom && bottom >= sight.top;
}

function traceEdge(path: Path2D, points: GraphLayout["edges"][number]["points"]): void {
  const [first, ...rest] = points;
  if (first === undefined) return;
  let [x, y] = first;
  path.moveTo(x, y);
  for (const [nextX, nextY] of rest) {
    const middle = (x + nextX) / 2;
    path.bezierCurveTo(middle, y, middle, nextY, nextX, nextY);
    [x, y] = [nextX, nextY];
  }
}
