import { A } from "@solidjs/router";
import { Show } from "solid-js";
import { Icon } from "../Icon.tsx";
import type { GraphItem } from "./graph-item.ts";
import { nodeHeight, nodeWidth } from "./graph-layout.ts";

interface Props {
  item: GraphItem | undefined;
  x: number;
  y: number;
  isDim: boolean;
  isFocused: boolean;
  isCritical: boolean;
  onFocus: () => void;
}

/** One table: pointing at it shows its line, a click opens it. */
export function GraphNode(props: Props) {
  const dataset = () => props.item?.name.slice(0, props.item.name.indexOf("."));
  const name = () => props.item?.name.slice(props.item.name.indexOf(".") + 1);
  return (
    <Show when={props.item}>
      {(item) => (
        <A
          href={item().href}
          class={`graph-node ${item().state}`}
          classList={{ dim: props.isDim, focused: props.isFocused, critical: props.isCritical }}
          draggable={false}
          title={`${item().name}: ${item().detail ?? item().state}`}
          style={{
            left: `${props.x - nodeWidth / 2}px`,
            top: `${props.y - nodeHeight / 2}px`,
            width: `${nodeWidth}px`,
            height: `${nodeHeight}px`,
          }}
          onPointerEnter={() => props.onFocus()}
          onFocus={() => props.onFocus()}
        >
          <Icon name={item().kind} size={15} />
          <span class="graph-text">
            <span class="truncate">{name()}</span>
            <span class="truncate small">{dataset()}</span>
          </span>
          <span class="graph-state" />
          <span class="visually-hidden">{item().state}</span>
        </A>
      )}
    </Show>
  );
}
