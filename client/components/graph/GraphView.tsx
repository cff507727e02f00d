import { createEffect, createMemo, For, on, Show } from "solid-js";
import { Loading } from "../Feedback.tsx";
import { Icon } from "../Icon.tsx";
import { createGraphLayout } from "./create-graph-layout.ts";
import { createPanZoom } from "./create-pan-zoom.ts";
import { GraphDots } from "./GraphDots.tsx";
import { GraphNode } from "./GraphNode.tsx";
import type { GraphItem } from "./graph-item.ts";
import { type GraphLayout, nodeHeight, nodeWidth } from "./graph-layout.ts";
import { lineOf } from "./neighbours.ts";

interface Props {
  label: string;
  items: GraphItem[];
  edges: [parentId: number, childId: number][];
  /** Its line of ancestors and descendants stands out. */
  focusId?: number | null;
  /** A node to bring to the middle. */
  centreId?: number | null;
  onFocus?: (id: number | null) => void;
}

const dotScale = 0.25;
const mostBoxesAfar = 400;

/**
 * Nodes are links placed in one scaled layer (so they truncate, take focus and open like links);
 * edges are two paths, the plain and the focused. Only nodes in sight are in the document.
 */
export function GraphView(props: Props) {
  const layout = createGraphLayout(() => ({
    ids: props.items.map((item) => item.id),
    edges: props.edges,
  }));
  const panZoom = createPanZoom(() => layout() ?? { width: 0, height: 0 });
  const items = createMemo(() => new Map(props.items.map((item) => [item.id, item])));
  const line = createMemo(() =>
    props.focusId === null || props.focusId === undefined
      ? null
      : lineOf(props.focusId, props.edges),
  );
  const isFar = createMemo(
    () => panZoom.view().scale < dotScale && props.items.length > mostBoxesAfar,
  );
  const inSight = createMemo(() =>
    isFar() ? [] : nodesInSight(layout(), panZoom.view(), panZoom.frame()),
  );

  let fitted: GraphLayout | null = null;
  createEffect(() => {
    const current = layout();
    if (current === null || current === fitted || panZoom.frame().width === 0) return;
    fitted = current;
    panZoom.fit();
  });
  createEffect(
    on(
      () => [props.centreId, layout()] as const,
      ([id, current]) => {
        const node = current?.nodes.find((one) => one.id === id);
        if (node !== undefined) panZoom.centre(node.x, node.y);
      },
    ),
  );

  return (
    <div class="card graph">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click on the ground only clears a highlight */}
      <section
        class="graph-frame"
        classList={{ dragging: panZoom.isDragging() }}
        ref={panZoom.attach}
        tabindex="0"
        aria-label={`${props.label}. Arrow keys move, plus and minus zoom, zero fits.`}
        onClick={(event) => event.target === event.currentTarget && props.onFocus?.(null)}
      >
        <Show when={layout()} fallback={<Loading what="the layout" />}>
          {(current) => (
            <div
              class="graph-world"
              style={{
                transform: `translate(${panZoom.view().x}px, ${panZoom.view().y}px) scale(${panZoom.view().scale})`,
              }}
            >
              <svg width={current().width} height={current().height} aria-hidden="true">
                <path
                  class="edges"
                  classList={{ dim: line() !== null }}
                  d={pathOf(current(), null)}
                />
                <Show when={line()}>
                  {(ids) => <path class="edges focused" d={pathOf(current(), ids())} />}
                </Show>
                <Show when={isFar()}>
                  <GraphDots nodes={current().nodes} items={items()} />
                </Show>
              </svg>
              <For each={inSight()}>
                {(node) => (
                  <GraphNode
                    item={items().get(node.id)}
                    x={node.x}
                    y={node.y}
                    isDim={line() !== null && line()?.has(node.id) === false}
                    isFocused={props.focusId === node.id}
                    onFocus={() => props.onFocus?.(node.id)}
                  />
                )}
              </For>
            </div>
          )}
        </Show>
      </section>
      <div class="graph-tools">
        <button
          type="button"
          class="button icon"
          aria-label="Zoom in"
          onClick={() => panZoom.zoomBy(1.3)}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          class="button icon"
          aria-label="Zoom out"
          onClick={() => panZoom.zoomBy(1 / 1.3)}
        >
          <span aria-hidden="true">−</span>
        </button>
        <button
          type="button"
          class="button icon"
          aria-label="Fit the whole graph"
          onClick={() => panZoom.fit()}
        >
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}

function nodesInSight(
  layout: GraphLayout | null,
  view: { x: number; y: number; scale: number },
  frame: { width: number; height: number },
): GraphLayout["nodes"] {
  if (layout === null || layout.nodes.length <= 200) return layout?.nodes ?? [];
  const left = -view.x / view.scale - nodeWidth;
  const top = -view.y / view.scale - nodeHeight;
  const right = left + frame.width / view.scale + nodeWidth * 2;
  const bottom = top + frame.height / view.scale + nodeHeight * 2;
  return layout.nodes.filter(
    (node) => node.x > left && node.x < right && node.y > top && node.y < bottom,
  );
}

/** One path for all edges, or for those between the nodes of `only`. */
function pathOf(layout: GraphLayout, only: Set<number> | null): string {
  return layout.edges
    .filter((edge) => only === null || (only.has(edge.parentId) && only.has(edge.childId)))
    .map((edge) => curveThrough(edge.points))
    .join("");
}

function curveThrough(points: [number, number][]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let [x, y] = first;
  let path = `M${x} ${y}`;
  for (const [nextX, nextY] of rest) {
    const middle = (x + nextX) / 2;
    path += `C${middle} ${y} ${middle} ${nextY} ${nextX} ${nextY}`;
    [x, y] = [nextX, nextY];
  }
  return path;
}
