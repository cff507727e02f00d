import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { DatabaseView } from "../../../shared/database.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { createIsAdmin } from "../../state/create-is-admin.ts";
import { showToast } from "../../state/create-toasts.ts";
import { api } from "../../trpc.ts";
import { DatabaseDialog } from "./DatabaseDialog.tsx";

export function DatabasesPage() {
  const databases = createApiQuery(
    () => ["databases"],
    (signal) => api.databases.list.query(undefined, { signal }),
  );
  const [edited, setEdited] = createSignal<DatabaseView | "new" | null>(null);
  const isAdmin = createIsAdmin();
  return (
    <Page
      title="Databases"
      lead="Where tables are imported from and exported to."
      actions={
        <Show when={isAdmin()}>
          <button type="button" class="button primary" onClick={() => setEdited("new")}>
            <Icon name="plus" />
            New database
          </button>
        </Show>
      }
    >
      <QueryView query={databases} what="the databases">
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No databases yet">
                <p>
                  {isAdmin()
                    ? "Connect a PostgreSQL or MySQL, browse its tables, and import them."
                    : "An admin connects a PostgreSQL or MySQL; then you browse its tables, and import them."}
                </p>
              </Empty>
            }
          >
            <ul class="card list wrapping">
              <For each={data()}>
                {(database) => (
                  <Row
                    database={database}
                    isAdmin={isAdmin()}
                    onEdit={setEdited}
                    onChanged={databases.refetch}
                  />
                )}
              </For>
            </ul>
          </Show>
        )}
      </QueryView>
      <Show when={edited()} keyed>
        {(one) => (
          <DatabaseDialog
            database={one === "new" ? null : one}
            onClose={() => setEdited(null)}
            onSaved={() => {
              setEdited(null);
              databases.refetch();
            }}
          />
        )}
      </Show>
    </Page>
  );
}

function Row(props: {
  database: DatabaseView;
  isAdmin: boolean;
  onEdit: (database: DatabaseView) => void;
  onChanged: () => void;
}) {
  const [isRemoving, setRemoving] = createSignal(false);
  const test = createAction("Test", async () => {
    const result = await api.databases.test.mutate({ id: props.database.id });
    if (!result.ok) throw new Error(result.message);
    const encryption = result.encryption ?? "not encrypted";
    showToast(`${props.database.name} answers`, `${result.version}, ${encryption}`);
  });
  const remove = createAction("Delete the database", async () => {
    await api.databases.remove.mutate({ id: props.database.id });
    props.onChanged();
  });
  return (
    <li>
      <Icon name="database" size={18} />
      <div class="grow">
        <A href={`/databases/${props.database.id}`}>
          <strong>{props.database.name}</strong>
        </A>
        <div class="small muted mono truncate">
          {props.database.username}@{props.database.host}:{props.database.port}/
          {props.database.database}
        </div>
      </div>
      <A class="button small" href={`/databases/${props.database.id}`}>
        Browse
      </A>
      <Show when={props.isAdmin}>
        <button
          type="button"
          class="button small"
          disabled={test.isRunning()}
          onClick={() => void test.run()}
        >
          {test.isRunning() ? "Testing…" : "Test"}
        </button>
        <button type="button" class="button small" onClick={() => props.onEdit(props.database)}>
          Edit
        </button>
        <button type="button" class="button small quiet danger" onClick={() => setRemoving(true)}>
          Delete
        </button>
      </Show>
      <ConfirmDialog
        title={`Delete ${props.database.name}?`}
        text="It is refused while tables are imported from it or exported to it."
        action="Delete"
        open={isRemoving()}
        onClose={() => setRemoving(false)}
        onConfirm={() => void remove.run()}
      />
    </li>
  );
}
