import { type Accessor, createEffect, createMemo, For, on, Show, untrack } from "solid-js";
import { Loading } from "../Feedback.tsx";
import { Icon } from "../Icon.tsx";
import { createGraphLayout } from "./create-graph-layout.ts";
import { createPanZoom } from "./create-pan-zoom.ts";
import { GraphCanvas } from "./GraphCanvas.tsx";
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
  /** The critical path, first to last, is marked. */
  path?: readonly number[];
  onFocus?: (id: number | null) => void;
}

/** Smaller than this, names cannot be read. */
const boxScale = 0.5;
const mostLinksAfar = 400;
/** Links are looked for anew in steps of so many pixels, and that much beyond the frame. */
const sightStep = 96;

/**
 * Nodes are links placed in one scaled layer (so they truncate, take focus and open like links);
 * edges are painted below them, and from afar a large graph's boxes too. Only links in sight are in
 * the document.
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
  const isLarge = () => props.items.length > mostLinksAfar;
  const isFar = createMemo(() => panZoom.view().scale < boxScale && isLarge());
  const inSight = createNodesInSight(layout, isFar, panZoom);
  const onPath = createMemo(() => new Set(props.path));
  const picture = createMemo(() => ({
    layout: layout() ?? nothing,
    line: line(),
    path: props.path ?? [],
    stateOf: isLarge() ? (id: number) => items().get(id)?.state ?? "never" : null,
    isFar: isFar(),
  }));

  let fitted: GraphLayout | null = null;
  createEffect(() => {
    const current = layout();
    if (current === null || current === fitted || panZoom.frame().width === 0) return;
    fitted = current;
    panZoom.fit();
  });
  return (
    <div class="card graph">
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click on the ground only clears a highlight */}
      <section
        class="graph-frame"
        classList={{ dragging: panZoom.isDragging(), zooming: isLarge() && panZoom.isZooming() }}
        ref={panZoom.attach}
        tabindex="0"
        aria-label={`${props.label}. Arrow keys move, plus and minus zoom, zero fits.`}
        onClick={(event) => event.target === event.currentTarget && props.onFocus?.(null)}
      >
        <Show when={layout()} fallback={<Loading what="the layout" />}>
          <GraphCanvas picture={picture()} view={panZoom.view()} frame={panZoom.frame()} />
          <div
            class="graph-world"
            style={{
              transform: `translate(${panZoom.view().x}px, ${panZoom.view().y}px) scale(${panZoom.view().scale})`,
            }}
          >
            <For each={isFar() ? [] : inSight()}>
              {(node) => (
                <GraphNode
                  item={items().get(node.id)}
                  x={node.x}
                  y={node.y}
                  isDim={line() !== null && line()?.has(node.id) === false}
                  isFocused={props.focusId === node.id}
                  isCritical={onPath().has(node.id)}
                  onFocus={() => props.onFocus?.(node.id)}
                />
              )}
            </For>
          </div>
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

const nothing: GraphLayout = { width: 0, height: 0, nodes: [], edges: [] };

/**
 * All of a small graph. Of a large one what is around the frame: the same list while one moves a little,
 * and until a zoom rests, with painted boxes where links are missing.
 */
function createNodesInSight(
  layout: Accessor<GraphLayout | null>,
  isFar: Accessor<boolean>,
  { view, frame, isZooming }: ReturnType<typeof createPanZoom>,
): Accessor<GraphLayout["nodes"]> {
  const step = createMemo((was: string) => {
    if (isZooming() && (layout()?.nodes.length ?? 0) > mostLinksAfar) return was;
    const { x, y, scale } = view();
    return `${Math.round(x / sightStep)} ${Math.round(y / sightStep)} ${scale}`;
  }, "");
  return createMemo(
    on([step, layout, frame], ([, current, { width, height }]) => {
      const nodes = current?.nodes ?? [];
      if (nodes.length <= 200) return nodes;
      if (untrack(isFar)) return [];
      const { x, y, scale } = view();
      const left = (-x - sightStep) / scale - nodeWidth;
      const top = (-y - sightStep) / scale - nodeHeight;
      const right = left + (width + 2 * sightStep) / scale + nodeWidth * 2;
      const bottom = top + (height + 2 * sightStep) / scale + nodeHeight * 2;
      return nodes.filter(
        (node) => node.x > left && node.x < right && node.y > top && node.y < bottom,
      );
    }),
  );
}
