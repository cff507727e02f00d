import { A } from "@solidjs/router";
import { createEffect, createSignal, For, Show } from "solid-js";
import { createStore, produce } from "solid-js/store";
import type { DatabaseView, SourceTable } from "../../../shared/database.ts";
import {
  type ImportProposal,
  importDefinition,
  proposeImports,
  sourceName,
} from "../../../shared/import-proposal.ts";
import { toApiError } from "../../api-error.ts";
import { Dialog } from "../../components/Dialog.tsx";
import { Loading } from "../../components/Feedback.tsx";
import { formatPlural } from "../../format.ts";
import { createTableNames } from "../../state/create-table-names.ts";
import { api } from "../../trpc.ts";

interface Props {
  database: DatabaseView;
  tables: SourceTable[];
  onClose: () => void;
  onCreated: (tables: SourceTable[]) => void;
}

/** What becomes of a proposal. */
interface Item extends ImportProposal {
  table: SourceTable;
  tableId: number | null;
  error: string | null;
}

/** Proposes an import table for each chosen table of a source, and makes them all at one click. */
export function ImportDialog(props: Props) {
  const [items, setItems] = createStore<Item[]>([]);
  const [isCreating, setCreating] = createSignal(false);
  const catalog = createTableNames();
  createEffect(() => {
    const names = catalog.data()?.map(({ name }) => name);
    if (names === undefined || items.length > 0) return;
    const proposals = proposeImports(props.database, props.tables, names);
    setItems(
      proposals.flatMap((proposal, index) => {
        const table = props.tables[index];
        return table ? [{ ...proposal, table, tableId: null, error: null }] : [];
      }),
    );
  });
  const open = () => items.filter((item) => item.tableId === null);
  async function create(): Promise<void> {
    setCreating(true);
    for (const [index, item] of items.entries()) {
      if (item.tableId !== null) continue;
      setItems(index, await createOne(props.database.id, item));
    }
    setCreating(false);
    props.onCreated(items.filter((item) => item.tableId !== null).map((item) => item.table));
  }
  return (
    <Dialog title={`Import from ${props.database.name}`} wide open onClose={props.onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Show when={items.length > 0} fallback={<Loading what="the catalog" />}>
          <Proposals
            items={items}
            onChange={(index, patch) =>
              setItems(produce((all) => void Object.assign(all[index] ?? {}, patch)))
            }
          />
        </Show>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => props.onClose()}>
            {open().length === 0 ? "Close" : "Cancel"}
          </button>
          <Show when={open().length > 0}>
            <button type="submit" class="button primary" disabled={isCreating()}>
              {isCreating()
                ? `Creating, ${open().length} to go…`
                : `Create ${formatPlural(open().length, "import table")}`}
            </button>
          </Show>
        </div>
      </form>
    </Dialog>
  );
}

async function createOne(databaseId: number, item: Item): Promise<Partial<Item>> {
  try {
    const definition = importDefinition(databaseId, item);
    const { id } = await api.tables.create.mutate({ definition });
    return { tableId: id, error: null };
  } catch (error) {
    return { error: toApiError(error).message };
  }
}

function Proposals(props: {
  items: Item[];
  onChange: (index: number, patch: Partial<Item>) => void;
}) {
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Dataset</th>
            <th scope="col">Table</th>
            <th scope="col" title="With it, each run imports what is new">
              Id column
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.items}>
            {(item, index) => (
              <Proposal item={item} onChange={(patch) => props.onChange(index(), patch)} />
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function Proposal(props: { item: Item; onChange: (patch: Partial<Item>) => void }) {
  const source = () => sourceName(props.item.source);
  const done = () => props.item.tableId !== null;
  return (
    <tr>
      <td>
        {source()}
        <Show when={props.item.query !== ""}>
          <div class="small muted">columns are renamed for BigQuery</div>
        </Show>
        <Show when={props.item.error}>
          {(error) => (
            <div class="field-error" role="alert">
              {error()}
            </div>
          )}
        </Show>
      </td>
      <Show
        when={!done()}
        fallback={
          <td colspan={3}>
            <A href={`/tables/${props.item.tableId}`}>
              {props.item.dataset}.{props.item.name}
            </A>{" "}
            <span class="small muted">is created</span>
          </td>
        }
      >
        <Cell
          label={`Dataset of ${source()}`}
          value={props.item.dataset}
          onInput={(dataset) => props.onChange({ dataset })}
        />
        <Cell
          label={`Table of ${source()}`}
          value={props.item.name}
          onInput={(name) => props.onChange({ name })}
        />
        <Cell
          label={`Id column of ${source()}`}
          value={props.item.idColumn ?? ""}
          placeholder="all rows each time"
          onInput={(text) => props.onChange({ idColumn: text === "" ? null : text })}
        />
      </Show>
    </tr>
  );
}

function Cell(props: {
  label: string;
  value: string;
  placeholder?: string;
  onInput: (value: string) => void;
}) {
  return (
    <td>
      <input
        class="input"
        aria-label={props.label}
        value={props.value}
        placeholder={props.placeholder}
        spellcheck={false}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
    </td>
  );
}
