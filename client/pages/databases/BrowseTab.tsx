import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { DatabaseView, SourceTable } from "../../../shared/database.ts";
import { sourceName } from "../../../shared/import-proposal.ts";
import { Empty, ErrorNotice, Loading } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { formatCount, formatPlural } from "../../format.ts";
import { createSourceTables } from "../../state/create-source-tables.ts";
import { ImportDialog } from "./ImportDialog.tsx";

const typingMs = 250;

/** The tables of a source, searched in the server; those that are chosen become import tables. */
export function BrowseTab(props: { database: DatabaseView }) {
  const [typed, setTyped] = createSignal("");
  const [search, setSearch] = createSignal("");
  const source = createSourceTables(() => ({ databaseId: props.database.id, search: search() }));
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, SourceTable>>(new Map());
  const [isImporting, setImporting] = createSignal(false);
  const choose = (tables: SourceTable[], isChosen: boolean) => {
    const next = new Map(chosen());
    for (const table of tables) {
      if (isChosen) next.set(sourceName(table), table);
      else next.delete(sourceName(table));
    }
    setChosen(next);
  };
  createEffect(
    on(typed, (text) => {
      const timer = setTimeout(() => setSearch(text.trim()), typingMs);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  return (
    <div class="stack">
      <div class="row">
        <div class="search">
          <Icon name="search" />
          <input
            class="input"
            type="search"
            aria-label="Search source tables"
            placeholder="Part of schema.table"
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </div>
        <span class="muted small" role="status">
          {source.hasMore()
            ? `the first ${formatCount(source.tables().length)}`
            : formatPlural(source.tables().length, "table")}
          {chosen().size > 0 ? `, ${formatCount(chosen().size)} chosen` : ""}
        </span>
        <Show when={props.database.mayImport}>
          <button
            type="button"
            class="button primary"
            style={{ "margin-left": "auto" }}
            disabled={chosen().size === 0}
            onClick={() => setImporting(true)}
          >
            <Icon name="import" />
            {chosen().size > 1 ? `Import ${formatCount(chosen().size)} tables` : "Import"}
          </button>
        </Show>
      </div>
      <Show when={source.error()}>
        {(error) => <ErrorNotice error={error()} retry={source.refetch} />}
      </Show>
      <SourceList source={source} chosen={chosen()} onChoose={choose} />
      <Show when={isImporting()}>
        <ImportDialog
          database={props.database}
          tables={[...chosen().values()]}
          onClose={() => setImporting(false)}
          onCreated={(tables) => choose(tables, false)}
        />
      </Show>
    </div>
  );
}

function SourceList(props: {
  source: ReturnType<typeof createSourceTables>;
  chosen: ReadonlyMap<string, SourceTable>;
  onChoose: (tables: SourceTable[], isChosen: boolean) => void;
}) {
  const tables = () => props.source.tables();
  const areAllChosen = createMemo(() => tables().every((one) => props.chosen.has(sourceName(one))));
  return (
    <Show
      when={tables().length > 0}
      fallback={
        <Show when={props.source.isLoading()} fallback={<NoTable source={props.source} />}>
          <Loading what="the source tables" lines={8} />
        </Show>
      }
    >
      <div class="card">
        <div class="card-head">
          <label class="check">
            <input
              type="checkbox"
              checked={areAllChosen()}
              onChange={(event) => props.onChoose(tables(), event.currentTarget.checked)}
            />
            <span>Choose all that are listed</span>
          </label>
        </div>
        <ul class="source-list">
          <For each={tables()}>
            {(table) => (
              <Row
                table={table}
                isChosen={props.chosen.has(sourceName(table))}
                onChoose={(isChosen) => props.onChoose([table], isChosen)}
              />
            )}
          </For>
        </ul>
      </div>
      <Show when={props.source.hasMore()}>
        <div class="row">
          <button
            type="button"
            class="button"
            disabled={props.source.isLoading()}
            onClick={() => props.source.loadMore()}
          >
            {props.source.isLoading() ? "Loading…" : "Show more"}
          </button>
          <span class="muted small">There are more tables: show them, or search by name.</span>
        </div>
      </Show>
    </Show>
  );
}

function NoTable(props: { source: ReturnType<typeof createSourceTables> }) {
  return (
    <Show when={props.source.error() === null}>
      <Empty title="No table matches">
        <p>Listed is what the database's user may read.</p>
      </Empty>
    </Show>
  );
}

function Row(props: {
  table: SourceTable;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}) {
  const name = () => sourceName(props.table);
  return (
    <li>
      <input
        type="checkbox"
        aria-label={`Choose ${name()}`}
        checked={props.isChosen}
        onChange={(event) => props.onChoose(event.currentTarget.checked)}
      />
      <details class="grow">
        <summary>
          <strong>{name()}</strong>{" "}
          <span class="muted small">
            {formatPlural(props.table.columns.length, "column")}
            {props.table.approximateRows === null
              ? ""
              : `, about ${formatPlural(props.table.approximateRows, "row")}`}
          </span>
        </summary>
        <div class="chips">
          <For each={props.table.columns}>
            {(column) => (
              <span class="pill plain">
                {column.name} <span class="muted">{column.type}</span>
                <Show when={column.name === props.table.idColumn}>
                  <span class="visually-hidden">, its primary key</span>
                  <Icon name="key" size={12} />
                </Show>
              </span>
            )}
          </For>
        </div>
      </details>
    </li>
  );
}
