import { createEffect, createSignal, on, onCleanup } from "solid-js";
import {
  type DryRunResult,
  type TableDefinition,
  tableDefinitionSchema,
} from "../../shared/table.ts";
import { type ApiError, toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";

export type DryRunState =
  | { kind: "idle" }
  | { kind: "checking" }
  | { kind: "done"; result: DryRunResult & { price: number | null } }
  | { kind: "failed"; error: ApiError };

const pauseMs = 450;

/** Dry-runs a draft once typing pauses; an answer that a later edit overtook is dropped. */
export function createDryRun(
  draft: () => TableDefinition,
  id: () => number | null,
): () => DryRunState {
  const [state, setState] = createSignal<DryRunState>({ kind: "idle" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;

  async function check(): Promise<void> {
    const tableId = id();
    // A name that is not filled in yet is no reason not to check the SQL.
    const named = { ...draft(), dataset: draft().dataset || "_", name: draft().name || "_" };
    const parsed = tableDefinitionSchema.safeParse(named);
    if (!parsed.success || parsed.data.query.trim() === "" || parsed.data.kind === "external") {
      setState({ kind: "idle" });
      return;
    }
    const controller = new AbortController();
    running = controller;
    setState({ kind: "checking" });
    try {
      const result = await api.tables.dryRun.query(
        { definition: parsed.data, ...(tableId === null ? {} : { id: tableId }) },
        { signal: controller.signal },
      );
      if (!controller.signal.aborted) setState({ kind: "done", result });
    } catch (cause) {
      if (!controller.signal.aborted) setState({ kind: "failed", error: toApiError(cause) });
    }
  }

  createEffect(
    on(
      () => [draft().query, draft().legacySql, draft().kind, draft().dataset] as const,
      () => {
        clearTimeout(timer);
        running?.abort();
        timer = setTimeout(() => void check(), pauseMs);
      },
    ),
  );
  onCleanup(() => {
    clearTimeout(timer);
    running?.abort();
  });
  return state;
}
