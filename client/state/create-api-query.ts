import { keepPreviousData, QueryObserver, useQueryClient } from "@tanstack/solid-query";
import { type Accessor, createComputed, createMemo, on, onCleanup } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { type ApiError, toApiError } from "../api-error.ts";

interface Options<T> {
  /** Off until true. */
  enabled?: Accessor<boolean>;
  /** Keeps the last answer on screen while the key changes (a filter, a search). */
  keepPrevious?: boolean;
  /** Ms between polls that cover a lost event; false or absent polls never. */
  pollMs?: (data: T | undefined) => number | false;
  /** Replace the data whole: for long lists, where reconciling costs more than it saves. */
  replace?: boolean;
}

/** One query as a page reads it: its data never suspends. */
export interface ApiQuery<T> {
  data: Accessor<T | undefined>;
  error: Accessor<ApiError | null>;
  isLoading: Accessor<boolean>;
  isStale: Accessor<boolean>;
  refetch(): void;
}

interface State<T> {
  data: T | undefined;
  error: Error | null;
  isLoading: boolean;
  isPlaceholderData: boolean;
}

/**
 * A live query. Keys are `[noun, verb, …input]`: events invalidate by noun. Lists are reconciled
 * by `id`, so that a refetch changes the rows that changed and nothing else.
 *
 * It observes the cache itself: the library's own hook goes through a resource, which suspends for
 * a moment even where the answer is cached, and a page that is taken out of the document for a
 * moment loses the focus of whoever types in it.
 */
export function createApiQuery<T>(
  key: Accessor<readonly unknown[]>,
  fetch: (signal: AbortSignal) => Promise<T>,
  options: Options<T> = {},
): ApiQuery<T> {
  const client = useQueryClient();
  const queryOptions = createMemo(() =>
    client.defaultQueryOptions<T>({
      queryKey: key(),
      queryFn: ({ signal }) => fetch(signal),
      enabled: options.enabled?.() ?? true,
      refetchInterval: (query) => options.pollMs?.(query.state.data) ?? false,
      // The store reconciles.
      structuralSharing: false,
      _optimisticResults: "optimistic",
      ...(options.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
    }),
  );
  const observer = new QueryObserver<T>(client, queryOptions());
  const [state, setState] = createStore<State<T>>({
    data: undefined,
    error: null,
    isLoading: true,
    isPlaceholderData: false,
  });

  function show({ data, error, isLoading, isPlaceholderData }: State<T>): void {
    setState((was) => ({ error, isLoading, isPlaceholderData, data: merged(was.data, data) }));
  }
  function merged(was: T | undefined, data: T | undefined): T | undefined {
    if (options.replace === true || data === undefined) return data;
    // The store changes its own copy in place; what is in the cache stays as it was answered.
    return reconcile<T | undefined, T | undefined>(structuredClone(data), { key: "id" })(was);
  }
  show(observer.getOptimisticResult(queryOptions()));
  createComputed(
    on(
      queryOptions,
      (changed) => {
        observer.setOptions(changed);
        show(observer.getOptimisticResult(changed));
      },
      { defer: true },
    ),
  );
  onCleanup(observer.subscribe(show));
  return {
    data: () => state.data,
    error: () => (state.error === null ? null : toApiError(state.error)),
    isLoading: () => state.isLoading,
    isStale: () => state.isPlaceholderData,
    refetch: () => void observer.refetch(),
  };
}
