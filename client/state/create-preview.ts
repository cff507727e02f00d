import { createSignal, onCleanup } from "solid-js";
import {
  type QueryPreview,
  type TableDefinition,
  tableDefinitionSchema,
} from "../../shared/table.ts";
import { type ApiError, toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";

type PreviewState =
  | { kind: "idle" }
  | { kind: "running"; since: number }
  | { kind: "done"; result: QueryPreview; sql: string }
  | { kind: "failed"; error: ApiError };

export interface Preview {
  state: () => PreviewState;
  run(sql: string): Promise<void>;
  /** Stops a running one, in BigQuery too; takes an ended one off the page. */
  close(): void;
}

/** Runs SQL of a draft as it stands; a second run takes the place of the first. */
export function createPreview(draft: () => TableDefinition, id: () => number | null): Preview {
  const [state, setState] = createSignal<PreviewState>({ kind: "idle" });
  let running: AbortController | undefined;

  async function run(sql: string): Promise<void> {
    running?.abort();
    const controller = new AbortController();
    running = controller;
    setState({ kind: "running", since: Date.now() });
    try {
      // A name that is not filled in yet is no reason not to run the SQL.
      const definition = tableDefinitionSchema.parse({
        ...draft(),
        dataset: draft().dataset || "_",
        name: draft().name || "_",
        query: sql,
      });
      const tableId = id();
      const result = await api.tables.query.mutate(
        { definition, ...(tableId === null ? {} : { id: tableId }) },
        { signal: controller.signal },
      );
      if (!controller.signal.aborted) setState({ kind: "done", result, sql });
    } catch (cause) {
      if (!controller.signal.aborted) setState({ kind: "failed", error: toApiError(cause) });
    }
  }
  onCleanup(() => running?.abort());
  return {
    state,
    run,
    close() {
      running?.abort();
      setState({ kind: "idle" });
    },
  };
}
