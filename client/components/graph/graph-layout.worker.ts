import { type GraphShape, layoutGraph } from "./graph-layout.ts";

self.addEventListener("message", (event: MessageEvent<GraphShape>) => {
  self.postMessage(layoutGraph(event.data));
});
