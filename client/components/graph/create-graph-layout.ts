import { createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { type GraphLayout, type GraphShape, layoutGraph } from "./graph-layout.ts";

/** Up to this many nodes, a layout takes less than a frame or two. */
const mostInPage = 300;

/** Lays out anew when nodes or edges come or go, not when their states change; big graphs in a worker. */
export function createGraphLayout(shape: () => GraphShape): () => GraphLayout | null {
  const [result, setResult] = createSignal<GraphLayout | null>(null);
  const key = createMemo(() => `${shape().ids.join()};${shape().edges.join()}`);
  let worker: Worker | null = null;

  createEffect(
    on(key, () => {
      worker?.terminate();
      worker = null;
      const { ids, edges } = shape();
      const plain: GraphShape = {
        ids: [...ids],
        edges: edges.map(([parent, child]) => [parent, child]),
      };
      if (ids.length <= mostInPage) {
        setResult(layoutGraph(plain));
        return;
      }
      worker = new Worker(new URL("./graph-layout.worker.ts", import.meta.url), { type: "module" });
      worker.onmessage = (event: MessageEvent<GraphLayout>) => setResult(event.data);
      worker.postMessage(plain);
    }),
  );
  onCleanup(() => worker?.terminate());
  return result;
}
