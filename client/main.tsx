import { Router } from "@solidjs/router";
import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import { render } from "solid-js/web";
import { App } from "./App.tsx";
import { isSignedOut } from "./api-error.ts";
import { routes } from "./routes.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/overlays.css";
import "./styles/content.css";
import "./styles/feedback.css";
import "./styles/editor.css";
import "./styles/lists.css";
import "./styles/graph.css";
import "./styles/charts.css";
import "./styles/runs.css";
import "./styles/databases.css";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when data changed; this only spares a refetch on quick back-and-forth.
      staleTime: 2000,
      retry: (failures, error) => failures < 2 && !isSignedOut(error) && !hasAnswer(error),
      retryDelay: 400,
    },
  },
});

/** The server answered, with an error: asking again gives the same. */
function hasAnswer(error: unknown): boolean {
  return error instanceof Error && "data" in error && Boolean(error.data);
}

const root = document.querySelector("#app");
if (root !== null) {
  render(
    () => (
      <QueryClientProvider client={client}>
        <Router root={App}>{routes}</Router>
      </QueryClientProvider>
    ),
    root,
  );
}
