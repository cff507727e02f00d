import { keepPreviousData, useQuery } from "@tanstack/solid-query";
import type { Accessor } from "solid-js";
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

/**
 * A live query. Keys are `[noun, verb, …input]`: events invalidate by noun. Lists are reconciled
 * by `id`, so that a refetch changes the rows that changed and nothing else.
 */
export function createApiQuery<T>(
  key: Accessor<readonly unknown[]>,
  fetch: (signal: AbortSignal) => Promise<T>,
  options: Options<T> = {},
): ApiQuery<T> {
  const query = useQuery(() => ({
    queryKey: key(),
    queryFn: ({ signal }: { signal: AbortSignal }) => fetch(signal),
    enabled: options.enabled?.() ?? true,
    refetchInterval: (query: { state: { data: T | undefined } }) =>
      options.pollMs?.(query.state.data) ?? false,
    reconcile: options.replace === true ? false : "id",
    ...(options.keepPrevious === true ? { placeholderData: keepPreviousData } : {}),
  }));
  return {
    data: () => (query.isPending ? undefined : query.data),
    error: () => (query.error === null ? null : toApiError(query.error)),
    isLoading: () => query.isLoading,
    isStale: () => query.isPlaceholderData,
    refetch: () => void query.refetch(),
  };
}
