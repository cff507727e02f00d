import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import type { SourceTable } from "../../shared/database.ts";
import { type ApiError, toApiError } from "../api-error.ts";
import { api } from "../trpc.ts";

const pageSize = 200;

export interface SourceTables {
  tables: Accessor<SourceTable[]>;
  hasMore: Accessor<boolean>;
  isLoading: Accessor<boolean>;
  error: Accessor<ApiError | null>;
  loadMore(): void;
  refetch(): void;
}

/**
 * A source's tables, a page after another: another search begins anew, and what an older one answers
 * late is dropped. They are no live query: the catalog of a source is no noun of ours, and asking it
 * costs the source something.
 */
export function createSourceTables(
  what: Accessor<{ databaseId: number; search: string }>,
): SourceTables {
  const [tables, setTables] = createSignal<SourceTable[]>([]);
  const [hasMore, setHasMore] = createSignal(false);
  const [isLoading, setLoading] = createSignal(false);
  const [error, setError] = createSignal<ApiError | null>(null);
  let under = new AbortController();

  async function load(before: SourceTable[]): Promise<void> {
    under.abort();
    under = new AbortController();
    const { signal } = under;
    const { databaseId, search } = what();
    setLoading(true);
    setError(null);
    try {
      const input = { id: databaseId, search, limit: pageSize, offset: before.length };
      const page = await api.databases.browse.query(input, { signal });
      if (signal.aborted) return;
      setTables([...before, ...page.tables]);
      setHasMore(page.hasMore);
    } catch (cause) {
      if (!signal.aborted) setError(toApiError(cause));
    } finally {
      if (!signal.aborted) setLoading(false);
    }
  }

  createEffect(
    on(
      () => `${what().databaseId} ${what().search}`,
      () => void load([]),
    ),
  );
  onCleanup(() => under.abort());
  return {
    tables,
    hasMore,
    isLoading,
    error,
    loadMore: () => void load(tables()),
    refetch: () => void load([]),
  };
}
