import { createMemo, For } from "solid-js";
import type { GraphItem } from "./graph-item.ts";
import { type GraphLayout, nodeHeight, nodeWidth } from "./graph-layout.ts";

interface Props {
  nodes: GraphLayout["nodes"];
  items: Map<number, GraphItem>;
}

/** A big graph from afar, where no name could be read: one path per state instead of a box per table. */
export function GraphDots(props: Props) {
  const paths = createMemo(() => {
    const byState = new Map<string, string[]>();
    for (const node of props.nodes) {
      const state = props.items.get(node.id)?.state ?? "never";
      const box = `M${node.x - nodeWidth / 2} ${node.y - nodeHeight / 2}h${nodeWidth}v${nodeHeight}h${-nodeWidth}z`;
      const boxes = byState.get(state);
      if (boxes === undefined) byState.set(state, [box]);
      else boxes.push(box);
    }
    return [...byState].map(([state, boxes]) => ({ state, path: boxes.join("") }));
  });
  return <For each={paths()}>{({ state, path }) => <path class={`dots ${state}`} d={path} />}</For>;
}
