import { A, useSearchParams } from "@solidjs/router";
import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { type TableKind, tableKinds } from "../../../shared/table.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { Tabs } from "../../components/Tabs.tsx";
import { formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";
import { TableList } from "./TableList.tsx";

const statuses = ["running", "waiting", "failed", "succeeded", "skipped", "cancelled", "never"];

/** All tables at once: filters, sorts and searches in the browser, so that each key answers at once. */
export function TablesPage() {
  const [params, setParams] = useSearchParams<{ kind?: string; q?: string; status?: string }>();
  const [input, setInput] = createSignal<HTMLInputElement>();
  const tables = createApiQuery(
    () => ["tables", "list"],
    (signal) => api.tables.list.query({ limit: 100_000 }, { signal }),
    { replace: true },
  );
  const kind = () => tableKinds.find((one) => one === params.kind);
  const matching = createMemo(() => {
    const words = (params.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    return (tables.data() ?? []).filter(
      (table) =>
        (params.status === undefined || table.status === params.status) &&
        words.every((word) => table.name.toLowerCase().includes(word)),
    );
  });
  const shown = createMemo(() =>
    kind() === undefined ? matching() : matching().filter((table) => table.kind === kind()),
  );
  const countOf = (one: TableKind | undefined) =>
    tables.data() === undefined
      ? undefined
      : one === undefined
        ? matching().length
        : matching().filter((t) => t.kind === one).length;

  function focusSearch(event: KeyboardEvent): void {
    if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    input()?.focus();
  }
  onMount(() => document.addEventListener("keydown", focusSearch));
  onCleanup(() => document.removeEventListener("keydown", focusSearch));

  return (
    <Page
      title="Tables"
      fill
      actions={
        <A class="button primary" href="/tables/new">
          <Icon name="plus" />
          New table
        </A>
      }
    >
      <Tabs
        label="Kinds of table"
        tabs={[undefined, ...tableKinds].map((one) => ({
          label: one === undefined ? "All" : `${one.slice(0, 1).toUpperCase()}${one.slice(1)}`,
          href: `/tables${search({ ...params, kind: one })}`,
          get isActive() {
            return kind() === one;
          },
          get count() {
            return countOf(one);
          },
        }))}
      />
      <div class="row">
        <div class="search">
          <Icon name="search" />
          <input
            ref={setInput}
            class="input"
            type="search"
            aria-label="Search tables by name"
            placeholder="Search by name ( / )"
            value={params.q ?? ""}
            onInput={(event) => setParams({ q: event.currentTarget.value }, { replace: true })}
          />
        </div>
        <div style={{ width: "10rem" }}>
          <select
            class="select"
            aria-label="Filter by status"
            onChange={(event) => setParams({ status: event.currentTarget.value })}
          >
            <option value="">Any status</option>
            <For each={statuses}>
              {(status) => (
                <option value={status} selected={params.status === status}>
                  {status === "never" ? "never ran" : status}
                </option>
              )}
            </For>
          </select>
        </div>
        <span class="muted small" role="status">
          {tables.data() === undefined ? "" : formatPlural(shown().length, "table")}
        </span>
      </div>
      <QueryView query={tables} what="the tables" lines={12}>
        {(all) => (
          <Show
            when={shown().length > 0}
            fallback={
              <Empty title={all().length === 0 ? "No tables yet" : "No table matches"}>
                <p>
                  {all().length === 0
                    ? "Create one, or load the sample project from the home page."
                    : "Change the search or the filter."}
                </p>
              </Empty>
            }
          >
            <TableList tables={shown()} />
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function search(params: Record<string, string | undefined>): string {
  const entries = Object.entries(params).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  return entries.length === 0 ? "" : `?${new URLSearchParams(entries)}`;
}
