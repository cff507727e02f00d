import { A, useNavigate } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import type { FrequencyView } from "../../../shared/frequency.ts";
import { scheduleText } from "../../../shared/schedule-text.ts";
import { ConfirmDialog } from "../../components/Dialog.tsx";
import { Empty } from "../../components/Feedback.tsx";
import { Icon } from "../../components/Icon.tsx";
import { Page } from "../../components/Page.tsx";
import { QueryView } from "../../components/QueryView.tsx";
import { StatusPill } from "../../components/Status.tsx";
import { RelativeTime } from "../../components/Time.tsx";
import { formatPlural } from "../../format.ts";
import { createAction } from "../../state/create-action.ts";
import { createApiQuery } from "../../state/create-api-query.ts";
import { createIsAdmin } from "../../state/create-is-admin.ts";
import { api } from "../../trpc.ts";
import { FrequencyDialog } from "./FrequencyDialog.tsx";
import { draftOf } from "./frequency-draft.ts";

export function FrequenciesPage() {
  const frequencies = createApiQuery(
    () => ["frequencies"],
    (signal) => api.frequencies.list.query(undefined, { signal }),
    { pollMs: () => 60_000 },
  );
  const [edited, setEdited] = createSignal<FrequencyView | "new" | null>(null);
  const isAdmin = createIsAdmin();
  return (
    <Page
      title="Frequencies"
      lead="What makes runs periodic: a period, and an offset into it."
      actions={
        <Show when={isAdmin()}>
          <button type="button" class="button primary" onClick={() => setEdited("new")}>
            <Icon name="plus" />
            New frequency
          </button>
        </Show>
      }
    >
      <QueryView query={frequencies} what="the frequencies">
        {(data) => (
          <Show
            when={data().length > 0}
            fallback={
              <Empty title="No frequencies yet">
                <p>
                  {isAdmin() ? "Create one" : "Ask an admin to create one"}, then choose it in the
                  settings of your tables.
                </p>
              </Empty>
            }
          >
            <FrequencyTable
              frequencies={data()}
              onEdit={setEdited}
              onChanged={frequencies.refetch}
            />
          </Show>
        )}
      </QueryView>
      <Show when={edited()} keyed>
        {(one) => (
          <FrequencyDialog
            frequency={one === "new" ? null : one}
            onClose={() => setEdited(null)}
            onSaved={() => {
              setEdited(null);
              frequencies.refetch();
            }}
          />
        )}
      </Show>
    </Page>
  );
}

function FrequencyTable(props: {
  frequencies: FrequencyView[];
  onEdit: (frequency: FrequencyView) => void;
  onChanged: () => void;
}) {
  const isAdmin = createIsAdmin();
  return (
    <div class="card table-wrap">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Ticks</th>
            <th scope="col">Last tick</th>
            <th scope="col">Next tick</th>
            <th scope="col">Tables</th>
            <th scope="col">Active</th>
            <th scope="col">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.frequencies}>
            {(frequency) => (
              <tr>
                <td>
                  <A href={`/runs?frequency=${frequency.id}`}>{frequency.name}</A>
                </td>
                <td>{scheduleText(frequency)}</td>
                <td class="shrink">
                  <LastTick frequency={frequency} />
                </td>
                <td class="shrink">
                  <Show when={frequency.active} fallback={<span class="muted">never</span>}>
                    <RelativeTime at={frequency.nextTicks[0] ?? null} />
                  </Show>
                </td>
                <td class="shrink num">{formatPlural(frequency.tableCount, "table")}</td>
                <td class="shrink">
                  <ActiveSwitch
                    frequency={frequency}
                    isAdmin={isAdmin()}
                    onChanged={props.onChanged}
                  />
                </td>
                <td class="shrink">
                  <RowActions
                    frequency={frequency}
                    isAdmin={isAdmin()}
                    onEdit={props.onEdit}
                    onChanged={props.onChanged}
                  />
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

/** With how its run fares; the run that is unfinished still, where that is another. */
function LastTick(props: { frequency: FrequencyView }) {
  const unfinished = () => {
    const { unfinishedRun, lastTick } = props.frequency;
    return unfinishedRun === null || unfinishedRun.id === lastTick?.runId ? null : unfinishedRun;
  };
  return (
    <>
      <Show when={props.frequency.lastTick} fallback={<span class="muted">none yet</span>}>
        {(tick) => (
          <>
            <A href={`/runs/${tick().runId}`}>
              <RelativeTime at={tick().tickAt} />
            </A>{" "}
            <StatusPill state={tick().state} why={tick().reason} />
          </>
        )}
      </Show>
      <Show when={props.frequency.trouble}>
        {(trouble) => (
          <div class="bad-text small" style={{ "white-space": "normal" }}>
            no run can be made, since <RelativeTime at={trouble().since} />: {trouble().text}
          </div>
        )}
      </Show>
      <Show when={unfinished()}>
        {(run) => (
          <div>
            <A href={`/runs/${run().id}`}>run {run().id}</A> <StatusPill state="running" />
          </div>
        )}
      </Show>
    </>
  );
}

function ActiveSwitch(props: {
  frequency: FrequencyView;
  isAdmin: boolean;
  onChanged: () => void;
}) {
  const change = createAction("Switch the frequency", async (active: boolean) => {
    const { id } = props.frequency;
    await api.frequencies.update.mutate({ id, ...draftOf(props.frequency), active });
    props.onChanged();
  });
  return (
    <input
      type="checkbox"
      role="switch"
      class="switch"
      aria-label={`${props.frequency.name} is active`}
      aria-checked={props.frequency.active}
      checked={props.frequency.active}
      disabled={change.isRunning() || !props.isAdmin}
      onChange={async ({ currentTarget }) => {
        const isDone = await change.run(currentTarget.checked);
        if (!isDone) currentTarget.checked = props.frequency.active;
      }}
    />
  );
}

function RowActions(props: {
  frequency: FrequencyView;
  isAdmin: boolean;
  onEdit: (frequency: FrequencyView) => void;
  onChanged: () => void;
}) {
  const navigate = useNavigate();
  const [isRemoving, setRemoving] = createSignal(false);
  const start = createAction("Start a run", async () => {
    const { runId } = await api.runs.start.mutate({
      kind: "frequency",
      frequencyId: props.frequency.id,
    });
    navigate(`/runs/${runId}`);
  });
  const remove = createAction("Delete the frequency", async () => {
    await api.frequencies.remove.mutate({ id: props.frequency.id });
    props.onChanged();
  });
  return (
    <div class="row" style={{ "flex-wrap": "nowrap" }}>
      <button
        type="button"
        class="button small"
        disabled={start.isRunning() || props.frequency.tableCount === 0}
        onClick={() => void start.run()}
      >
        Run now
      </button>
      <Show when={props.isAdmin}>
        <button type="button" class="button small" onClick={() => props.onEdit(props.frequency)}>
          Edit
        </button>
        <button type="button" class="button small quiet danger" onClick={() => setRemoving(true)}>
          Delete
        </button>
      </Show>
      <ConfirmDialog
        title={`Delete ${props.frequency.name}?`}
        text="Its tables stay, and run by hand from then on."
        action="Delete"
        open={isRemoving()}
        onClose={() => setRemoving(false)}
        onConfirm={() => void remove.run()}
      />
    </div>
  );
}
