import { A, useParams } from "@solidjs/router";
import { createMemo, createSignal, For, Show } from "solid-js";
import type { SourceTable } from "../../../shared/database.ts";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { formatCount, formatPlural } from "../../format.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { api } from "../../trpc.ts";

const mostShown = 500;

/** The tables of a source database, each a click away from an import table. */
export function DatabasePage() {
  const params = useParams<{ id: string }>();
  const [search, setSearch] = createSignal("");
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const tables = createApiQuery(
    () => ["databases", "browse", params.id],
    (signal) => api.databases.browse.query({ id: Number(params.id), limit: 500 }, { signal }),
    { replace: true },
  );
  const found = createMemo(() => {
    const word = search().toLowerCase();
    return (tables.data()?.tables ?? []).filter((table) =>
      `${table.schema}.${table.name}`.toLowerCase().includes(word),
    );
  });
  return (
    <Page
      title={databases.data()?.find((one) => one.id === Number(params.id))?.name ?? "Database"}
      crumbs={[{ label: "Databases", href: "/databases" }]}
      lead="Choose a table to import."
    >
      <div class="row">
        <div class="search">
          <Icon name="search" />
          <input
            class="input"
            type="search"
            aria-label="Search source tables"
            placeholder="Search by name"
            value={search()}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
        <span class="muted small" role="status">
          {formatPlural(found().length, "table")}
        </span>
      </div>
      <QueryView query={tables} what="the source tables" lines={8}>
        {() => (
          <Show when={found().length > 0} fallback={<Empty title="No table matches" />}>
            <ul class="card list">
              <For each={found().slice(0, mostShown)}>
                {(table) => <Row table={table} databaseId={Number(params.id)} />}
              </For>
            </ul>
            <Show when={found().length > mostShown}>
              <p class="muted">The first {mostShown} are shown; search for the rest.</p>
            </Show>
          </Show>
        )}
      </QueryView>
    </Page>
  );
}

function Row(props: { table: SourceTable; databaseId: number }) {
  const name = () => `${props.table.schema}.${props.table.name}`;
  const query = () =>
    new URLSearchParams({ kind: "import", database: String(props.databaseId), table: name() });
  return (
    <li>
      <details class="grow">
        <summary>
          <strong>{name()}</strong>{" "}
          <span class="muted small">
            {formatPlural(props.table.columns.length, "column")}
            {props.table.approximateRows === null
              ? ""
              : `, about ${formatCount(props.table.approximateRows)} rows`}
          </span>
        </summary>
        <div class="chips" style={{ padding: "0.5rem 0" }}>
          <For each={props.table.columns}>
            {(column) => (
              <span class="pill plain">
                {column.name} <span class="muted">{column.type}</span>
              </span>
            )}
          </For>
        </div>
      </details>
      <A class="button small" href={`/tables/new?${query()}`}>
        <Icon name="import" size={14} />
        Import
      </A>
    </li>
  );
}
