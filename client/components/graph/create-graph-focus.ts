import { useSearchParams } from "@solidjs/router";
import { type Accessor, createMemo } from "solid-js";
import type { GraphItem } from "./graph-item.ts";
import { lineOf, type Side, sides } from "./neighbours.ts";

type Edges = [parentId: number, childId: number][];

/**
 * What of a graph is kept by `?focus=dataset.table&side=ancestors`, which travels in a link; all of it,
 * where no table has that name.
 */
export function createGraphFocus(items: Accessor<GraphItem[]>, edges: Accessor<Edges>) {
  const [params, setParams] = useSearchParams<{ focus?: string; side?: string }>();
  const side = (): Side => sides.find((one) => one === params.side) ?? "both";
  const kept = createMemo(() => {
    const id = items().find(({ name }) => name === params.focus)?.id;
    return id === undefined ? null : lineOf(id, edges(), side());
  });
  return {
    focus: () => params.focus,
    side,
    setFocus: (focus: string | null) => setParams({ focus, side: null }, { scroll: false }),
    setSide: (next: Side) => setParams({ side: next === "both" ? null : next }, { scroll: false }),
    items: createMemo(() => items().filter(({ id }) => kept()?.has(id) ?? true)),
    edges: createMemo(() => {
      const only = kept();
      return only === null
        ? edges()
        : edges().filter(([parent, child]) => only.has(parent) && only.has(child));
    }),
  };
}
